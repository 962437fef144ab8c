-- Whom the ERP knows as workers. What an assignment is holds from one day to another: each change is a row of its own.

create table workers (
  id bigint primary key default nextval('object_ids'),
  person_number text not null unique,
  first_name text not null,
  last_name text not null,
  created_at timestamptz not null default now()
);

create table work_relationships (
  id bigint primary key default nextval('object_ids'),
  worker_id bigint not null references workers,
  legal_employer text not null,
  start_date date not null
);

create table assignments (
  id bigint not null default nextval('object_ids'),
  relationship_id bigint not null references work_relationships,
  effective_start date not null,
  effective_end date not null default '4712-12-31' check (effective_end >= effective_start),
  status text not null,
  action text not null,
  business_unit text not null,
  expense_account text references account_combinations,
  primary key (id, effective_start)
);
create index on assignments (relationship_id);
