-- The books of the simulated ERP. Amounts are numeric, never floating point. What was booked is never changed:
-- corrections are further rows.

create sequence object_ids start 300000000100001;
create sequence requisition_numbers start 20001;
create sequence order_numbers start 1001;
create sequence receipt_numbers start 5001;
create sequence payment_numbers start 70001;
create sequence request_ids start 800001;

-- Master data

create table facilities (
  code text primary key,
  organization_id bigint not null default nextval('object_ids'),
  name text not null,
  entity text not null unique
);

create table locations (
  organization text not null references facilities,
  code text not null,
  name text not null,
  cost_centre text not null,
  primary key (organization, code)
);

create table units_of_measure (
  code text primary key,
  id bigint not null default nextval('object_ids'),
  name text not null unique
);

create table payment_terms (
  code text primary key,
  due_days int not null,
  discount_percent numeric,
  discount_days int
);

create table suppliers (
  id bigint primary key default nextval('object_ids'),
  number text not null unique,
  name text not null unique,
  status text not null default 'ACTIVE' check (status in ('ACTIVE', 'INACTIVE')),
  tax_id text,
  payment_terms text not null references payment_terms,
  email text,
  channel text,
  channel_address text,
  gln text,
  created_at timestamptz not null default now()
);

create table supplier_sites (
  id bigint primary key default nextval('object_ids'),
  supplier_id bigint not null references suppliers,
  code text not null,
  purchasing boolean not null,
  pay boolean not null,
  unique (supplier_id, code)
);

create table items (
  number text primary key,
  id bigint not null default nextval('object_ids'),
  description text not null,
  category text not null,
  status text not null,
  manufacturer text not null,
  manufacturer_part text not null,
  stocking_uom text not null references units_of_measure,
  purchasing_uom text not null references units_of_measure,
  list_price numeric(18,4) not null,
  contract_price numeric(18,4) not null,
  -- Standard cost of one stocking unit; stock is valued at it and the rest is purchase price variance.
  unit_cost numeric(18,4) not null,
  lot_controlled boolean not null,
  serial_controlled boolean not null,
  expiry_controlled boolean not null,
  expense_account text not null,
  supplier_number text not null references suppliers (number),
  supplier_item text not null,
  substitute text
);

create table item_conversions (
  item_number text not null references items,
  uom text not null references units_of_measure,
  factor numeric not null check (factor > 0),
  primary key (item_number, uom)
);

create table item_gtins (
  gtin text primary key,
  id bigint not null default nextval('object_ids'),
  item_number text not null references items,
  uom text not null references units_of_measure
);

create table item_cross_references (
  id bigint primary key default nextval('object_ids'),
  item_number text not null references items,
  system text not null,
  code text not null,
  unique (system, code)
);

create table stocking_rules (
  id bigint primary key default nextval('object_ids'),
  organization text not null,
  subinventory text not null,
  item_number text not null references items,
  minimum numeric not null,
  maximum numeric not null,
  source_type text not null,
  source_subinventory text,
  unique (organization, subinventory, item_number),
  foreign key (organization, subinventory) references locations
);

create table agreements (
  number text primary key,
  id bigint not null default nextval('object_ids'),
  supplier_number text not null references suppliers (number),
  description text not null
);

create table cost_centres (
  code text primary key,
  name text not null,
  closed_on date
);

create table accounts (
  code text primary key,
  name text not null,
  type text not null,
  needs_cost_centre boolean not null
);

create table account_combinations (
  combination text primary key,
  id bigint not null default nextval('object_ids'),
  entity text not null references facilities (entity),
  cost_centre text not null,
  account text not null references accounts
);

create table periods (
  name text primary key,
  starts_on date not null unique,
  ends_on date not null,
  status text not null check (status in ('Open', 'Closed', 'Never opened'))
);

-- Budgetary control

create table budgets (
  cost_centre text not null references cost_centres,
  fiscal_year int not null,
  budget numeric(18,2) not null,
  commitment numeric(18,2) not null default 0,
  obligation numeric(18,2) not null default 0,
  actual numeric(18,2) not null default 0,
  primary key (cost_centre, fiscal_year)
);

create table budget_entries (
  id bigint generated always as identity primary key,
  cost_centre text not null,
  fiscal_year int not null,
  kind text not null check (kind in ('commitment', 'obligation', 'actual')),
  amount numeric(18,2) not null,
  -- Refused when it leaves less than nothing available; actual use is never refused.
  checked boolean not null,
  document text not null,
  document_id bigint not null,
  created_at timestamptz not null default now()
);

create index on budget_entries (document_id);

-- Requisitions and purchase orders

create table requisitions (
  id bigint primary key default nextval('object_ids'),
  number text not null unique default nextval('requisition_numbers')::text,
  status text not null default 'Incomplete' check (status in ('Incomplete', 'Approved', 'Canceled')),
  description text,
  justification text,
  preparer_email text,
  requisitioning_bu text not null,
  externally_managed boolean not null default false,
  interface_source_code text,
  created_at timestamptz not null default now(),
  submitted_at timestamptz,
  cancelled_at timestamptz
);
create index on requisitions (interface_source_code);

create table requisition_lines (
  id bigint primary key default nextval('object_ids'),
  requisition_id bigint not null references requisitions on delete cascade,
  line_number int not null,
  item_number text references items,
  description text not null,
  quantity numeric not null check (quantity > 0),
  uom text not null,
  price numeric(18,4) not null check (price >= 0),
  amount numeric(18,2) not null,
  supplier_number text,
  supplier_site text,
  requested_date date,
  destination_type text not null check (destination_type in ('INVENTORY', 'EXPENSE')),
  organization text not null references facilities,
  subinventory text,
  charge_account text not null references account_combinations,
  urgent boolean not null default false,
  order_number text,
  unique (requisition_id, line_number)
);

create table purchase_orders (
  id bigint primary key default nextval('object_ids'),
  number text not null unique default nextval('order_numbers')::text,
  status text not null default 'INCOMPLETE' check (status in ('INCOMPLETE', 'OPEN', 'CLOSED', 'FINALLY CLOSED', 'CANCELED')),
  funds_status text not null default 'Not reserved',
  supplier_id bigint not null references suppliers,
  supplier_site text not null,
  procurement_bu text not null,
  buyer_email text,
  currency text not null,
  payment_terms text not null references payment_terms,
  description text,
  reference_number text,
  note_to_supplier text,
  supplier_order text,
  change_order_number int not null default 0,
  closed_for_receiving boolean not null default false,
  closed_for_invoicing boolean not null default false,
  created_at timestamptz not null default now(),
  submitted_at timestamptz,
  cancelled_at timestamptz,
  closed_at timestamptz
);
create index on purchase_orders (reference_number);

create table purchase_order_lines (
  id bigint primary key default nextval('object_ids'),
  order_id bigint not null references purchase_orders on delete cascade,
  line_number int not null,
  item_number text references items,
  -- What was ordered before a substitution.
  original_item_number text,
  description text not null,
  uom text not null,
  price numeric(18,4) not null check (price >= 0),
  cancelled boolean not null default false,
  requisition_number text,
  requisition_line_number int,
  unique (order_id, line_number)
);

create table purchase_order_schedules (
  id bigint primary key default nextval('object_ids'),
  distribution_id bigint not null default nextval('object_ids'),
  order_id bigint not null references purchase_orders on delete cascade,
  line_id bigint not null references purchase_order_lines on delete cascade,
  schedule_number int not null,
  quantity numeric not null check (quantity > 0),
  organization text not null references facilities,
  destination_type text not null check (destination_type in ('INVENTORY', 'EXPENSE')),
  subinventory text,
  requested_date date,
  promised_date date,
  charge_account text not null references account_combinations,
  received_quantity numeric not null default 0 check (received_quantity >= 0),
  billed_quantity numeric not null default 0 check (billed_quantity >= 0),
  -- Obligation of this schedule that is still reserved.
  reserved numeric(18,2) not null default 0,
  unique (line_id, schedule_number)
);
create index on purchase_order_schedules (order_id);

create table change_orders (
  id bigint primary key default nextval('object_ids'),
  order_id bigint not null references purchase_orders,
  number int not null,
  description text,
  status text not null default 'INCOMPLETE' check (status in ('INCOMPLETE', 'PROCESSED', 'CANCELED')),
  changes jsonb not null,
  created_at timestamptz not null default now(),
  processed_at timestamptz
);
create unique index one_pending_change_order on change_orders (order_id) where status = 'INCOMPLETE';

-- Receiving

create table receipts (
  id bigint primary key default nextval('object_ids'),
  number text unique,
  supplier_id bigint references suppliers,
  organization text not null,
  receipt_source text not null,
  packing_slip text,
  shipment_number text,
  comments text,
  status text not null check (status in ('SUCCESS', 'ERROR')),
  error_code text,
  error_explanation text,
  created_at timestamptz not null default now()
);
create index on receipts (comments);
create index on receipts (shipment_number);

create table receiving_transactions (
  id bigint primary key default nextval('object_ids'),
  receipt_id bigint references receipts,
  parent_id bigint references receiving_transactions,
  type text not null,
  order_id bigint references purchase_orders,
  line_id bigint references purchase_order_lines,
  schedule_id bigint references purchase_order_schedules,
  document_number text,
  document_line_number int,
  document_schedule_number int,
  item_number text,
  -- As sent, in the unit of the order line.
  quantity numeric not null,
  -- What it changed the received quantity by, and that at the order's price.
  effect numeric not null default 0,
  amount numeric(18,2) not null default 0,
  uom text,
  organization text,
  subinventory text,
  transaction_date timestamptz not null,
  comments text,
  status text not null check (status in ('SUCCESS', 'ERROR')),
  error_code text,
  error_explanation text,
  created_at timestamptz not null default now()
);
create index on receiving_transactions (receipt_id);
create index on receiving_transactions (order_id);
create index on receiving_transactions (parent_id);
create index on receiving_transactions (comments);

-- Inventory

create table inventory_transactions (
  id bigint primary key default nextval('object_ids'),
  type text not null,
  organization text,
  subinventory text,
  transfer_organization text,
  transfer_subinventory text,
  item_number text,
  quantity numeric,
  uom text,
  account_combination text,
  reference text,
  source_code text,
  transaction_date timestamptz not null,
  status text not null check (status in ('SUCCESS', 'ERROR')),
  error_code text,
  error_explanation text,
  created_at timestamptz not null default now()
);
create index on inventory_transactions (reference);

create table stock_movements (
  id bigint generated always as identity primary key,
  organization text not null,
  subinventory text not null,
  item_number text not null references items,
  lot text not null default '',
  serial text not null default '',
  expires_on date,
  quantity numeric not null,
  unit_cost numeric(18,4) not null,
  value numeric(18,2) not null,
  type text not null,
  account_combination text,
  reference text,
  inventory_transaction_id bigint references inventory_transactions,
  receiving_transaction_id bigint references receiving_transactions,
  created_at timestamptz not null default now(),
  foreign key (organization, subinventory) references locations
);
create index on stock_movements (inventory_transaction_id);
create index on stock_movements (receiving_transaction_id);

create table stock_balances (
  organization text not null,
  subinventory text not null,
  item_number text not null,
  lot text not null,
  serial text not null,
  expires_on date,
  quantity numeric not null constraint stock_not_negative check (quantity >= 0),
  value numeric(18,2) not null,
  constraint serial_is_single check (serial = '' or quantity <= 1),
  primary key (organization, subinventory, item_number, lot, serial)
);

-- Payables

create table invoices (
  id bigint primary key default nextval('object_ids'),
  number text not null,
  supplier_id bigint not null references suppliers,
  supplier_site text not null,
  business_unit text not null,
  type text not null,
  amount numeric(18,2) not null,
  currency text not null,
  invoice_date date not null,
  accounting_date date not null,
  due_date date not null,
  payment_terms text not null references payment_terms,
  description text,
  source text,
  reference_number text,
  validation text not null default 'Not validated' check (validation in ('Not validated', 'Needs revalidation', 'Validated', 'Canceled')),
  paid numeric(18,2) not null default 0,
  created_at timestamptz not null default now(),
  validated_at timestamptz,
  cancelled_at timestamptz,
  constraint one_number_per_supplier unique (supplier_id, number),
  constraint not_overpaid check (abs(paid) <= abs(amount))
);
create index on invoices (reference_number);
create index on invoices (number);

create table invoice_lines (
  id bigint primary key default nextval('object_ids'),
  invoice_id bigint not null references invoices,
  line_number int not null,
  type text not null,
  amount numeric(18,2) not null,
  quantity numeric,
  unit_price numeric(18,4),
  uom text,
  description text,
  item_number text,
  order_number text,
  order_line_number int,
  schedule_number int,
  schedule_id bigint references purchase_order_schedules,
  receipt_number text,
  account_combination text references account_combinations,
  unique (invoice_id, line_number)
);
create index on invoice_lines (schedule_id);

create table invoice_holds (
  id bigint primary key default nextval('object_ids'),
  invoice_id bigint not null references invoices,
  line_number int,
  name text not null,
  reason text not null,
  held_at timestamptz not null default now(),
  release_name text,
  release_reason text,
  released_at timestamptz
);
create index on invoice_holds (invoice_id);

create table payments (
  id bigint primary key default nextval('object_ids'),
  number bigint not null unique default nextval('payment_numbers'),
  supplier_id bigint not null references suppliers,
  supplier_site text not null,
  business_unit text not null,
  amount numeric(18,2) not null,
  currency text not null,
  payment_date date not null,
  method text not null,
  bank_account text not null,
  description text,
  status text not null default 'Negotiable' check (status in ('Negotiable', 'Voided')),
  created_at timestamptz not null default now(),
  voided_at timestamptz
);
create index on payments (description);

create table payment_invoices (
  payment_id bigint not null references payments,
  invoice_id bigint not null references invoices,
  amount numeric(18,2) not null,
  primary key (payment_id, invoice_id)
);

-- General ledger

create table ess_requests (
  id bigint primary key default nextval('request_ids'),
  operation text not null,
  job_name text not null,
  parameters text,
  document_id text,
  document bytea not null,
  status text not null default 'WAIT' check (status in ('WAIT', 'RUNNING', 'SUCCEEDED', 'ERROR')),
  report text,
  submitted_at timestamptz not null default now(),
  completed_at timestamptz
);

create table journal_batches (
  id bigint primary key default nextval('object_ids'),
  name text not null,
  description text,
  source text not null,
  request_id bigint references ess_requests,
  group_id text,
  created_at timestamptz not null default now()
);
create index on journal_batches (name);

create table journals (
  id bigint primary key default nextval('object_ids'),
  batch_id bigint not null references journal_batches,
  name text not null,
  description text,
  reference text,
  category text not null,
  currency text not null,
  period text not null references periods,
  effective_date date not null,
  created_at timestamptz not null default now()
);
create index on journals (batch_id);
create index on journals (name);
create index on journals (reference);

create table journal_lines (
  id bigint generated always as identity primary key,
  journal_id bigint not null references journals,
  line_number int not null,
  account_combination text not null references account_combinations,
  debit numeric(18,2) not null default 0 check (debit >= 0),
  credit numeric(18,2) not null default 0 check (credit >= 0),
  description text,
  reference1 text,
  reference2 text,
  unique (journal_id, line_number),
  check (debit = 0 or credit = 0)
);
create index on journal_lines (account_combination);

create table request_counts (
  method text not null,
  resource text not null,
  status int not null,
  count bigint not null,
  primary key (method, resource, status)
);

-- Rules the books keep by themselves. Their functions name the schema, because others write here with their own search path.

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'EB001';
end $$;

create trigger append_only before update or delete on budget_entries for each row execute function refuse_change();
create trigger append_only before update or delete on receiving_transactions for each row execute function refuse_change();
create trigger append_only before update or delete on inventory_transactions for each row execute function refuse_change();
create trigger append_only before update or delete on stock_movements for each row execute function refuse_change();
create trigger append_only before update or delete on invoice_lines for each row execute function refuse_change();
create trigger append_only before update or delete on payment_invoices for each row execute function refuse_change();
create trigger append_only before update or delete on journals for each row execute function refuse_change();
create trigger append_only before update or delete on journal_lines for each row execute function refuse_change();

create function apply_budget_entries() returns trigger language plpgsql as $$
declare
  short record;
begin
  perform 1 from erp.budgets b
    where (b.cost_centre, b.fiscal_year) in (select n.cost_centre, n.fiscal_year from new_entries n)
    order by b.cost_centre, b.fiscal_year for update;
  update erp.budgets b
    set commitment = b.commitment + n.commitment, obligation = b.obligation + n.obligation, actual = b.actual + n.actual
    from (
      select cost_centre, fiscal_year,
        coalesce(sum(amount) filter (where kind = 'commitment'), 0) as commitment,
        coalesce(sum(amount) filter (where kind = 'obligation'), 0) as obligation,
        coalesce(sum(amount) filter (where kind = 'actual'), 0) as actual
      from new_entries group by cost_centre, fiscal_year
    ) n
    where b.cost_centre = n.cost_centre and b.fiscal_year = n.fiscal_year;
  select n.cost_centre, n.fiscal_year, coalesce(b.budget - b.commitment - b.obligation - b.actual, 0) as available into short
    from (select distinct cost_centre, fiscal_year from new_entries where checked and amount > 0) n
    left join erp.budgets b using (cost_centre, fiscal_year)
    where b.cost_centre is null or b.budget < b.commitment + b.obligation + b.actual
    limit 1;
  if found then
    raise exception 'insufficient funds' using errcode = 'EB002',
      detail = format('Cost center %s, budget year %s: funds available would be %s.', short.cost_centre, short.fiscal_year, short.available);
  end if;
  return null;
end $$;

create trigger apply_to_budgets after insert on budget_entries
  referencing new table as new_entries for each statement execute function apply_budget_entries();

-- In key order, so that two transactions that move the same things never wait for each other in a circle.
create function apply_stock_movements() returns trigger language plpgsql as $$
begin
  insert into erp.stock_balances as b (organization, subinventory, item_number, lot, serial, expires_on, quantity, value)
    select organization, subinventory, item_number, lot, serial, max(expires_on), sum(quantity), sum(value)
    from new_movements
    group by organization, subinventory, item_number, lot, serial
    having sum(quantity) > 0
    order by organization, subinventory, item_number, lot, serial
    on conflict (organization, subinventory, item_number, lot, serial) do update
      set quantity = b.quantity + excluded.quantity, value = b.value + excluded.value,
        expires_on = coalesce(b.expires_on, excluded.expires_on);
  update erp.stock_balances b set quantity = b.quantity + n.quantity, value = b.value + n.value
    from (
      select organization, subinventory, item_number, lot, serial, sum(quantity) as quantity, sum(value) as value
      from new_movements
      group by organization, subinventory, item_number, lot, serial
      having sum(quantity) < 0
    ) n
    where (b.organization, b.subinventory, b.item_number, b.lot, b.serial) = (n.organization, n.subinventory, n.item_number, n.lot, n.serial);
  if exists (
    select 1 from new_movements n
    where n.quantity < 0 and not exists (
      select 1 from erp.stock_balances b
      where (b.organization, b.subinventory, b.item_number, b.lot, b.serial) = (n.organization, n.subinventory, n.item_number, n.lot, n.serial))
  ) then
    raise exception 'no such stock' using errcode = 'EB003';
  end if;
  return null;
end $$;

create trigger apply_to_balances after insert on stock_movements
  referencing new table as new_movements for each statement execute function apply_stock_movements();

create function check_journal_balances() returns trigger language plpgsql as $$
declare
  difference numeric;
begin
  select sum(debit) - sum(credit) into difference from erp.journal_lines where journal_id = new.journal_id;
  if difference <> 0 then
    raise exception 'journal does not balance' using errcode = 'EB004', detail = format('Difference %s.', difference);
  end if;
  return null;
end $$;

create constraint trigger debits_equal_credits after insert on journal_lines
  deferrable initially deferred for each row execute function check_journal_balances();
