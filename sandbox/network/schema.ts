/**
 * The network's tables. A document's exported flag is null when it does not go through Coupa, which keeps it out of the
 * index that serves the polling. The buyer's side of the simulated Coupa has its own orders; what suppliers understood and did
 * is kept apart from it, so that a reconciliation can hold the one against the other.
 */
export const SCHEMA = `
create schema if not exists network;

create table if not exists network.settings (
  name text primary key,
  value jsonb not null
);

create table if not exists network.behaviour_overrides (
  reference text not null,
  item_number text not null default '',
  behaviour text not null,
  primary key (reference, item_number)
);

create table if not exists network.coupa_suppliers (
  id int primary key,
  number text not null unique,
  name text not null,
  status text not null,
  payment_term text not null,
  po_method text not null,
  email text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table if not exists network.coupa_contracts (
  id int primary key,
  number text not null unique,
  name text not null,
  status text not null,
  supplier_id int not null references network.coupa_suppliers,
  start_date date not null,
  end_date date not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table if not exists network.coupa_items (
  id int primary key,
  item_number text not null unique,
  name text not null,
  description text not null,
  uom text not null,
  category text not null,
  manufacturer text not null,
  gtin text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table if not exists network.coupa_supplier_items (
  id int primary key,
  item_id int not null references network.coupa_items,
  supplier_id int not null references network.coupa_suppliers,
  contract_id int not null references network.coupa_contracts,
  supplier_part_num text not null,
  price numeric not null,
  uom text not null,
  minimum_order_quantity numeric not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table if not exists network.coupa_orders (
  id int generated always as identity primary key,
  po_number text not null unique,
  status text not null,
  version int not null default 1,
  supplier_id int not null references network.coupa_suppliers,
  currency text not null,
  ship_to text,
  payment_term text,
  custom_fields jsonb not null,
  exported boolean not null default false,
  last_exported_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table if not exists network.coupa_order_lines (
  id int generated always as identity primary key,
  order_id int not null references network.coupa_orders,
  line_number int not null,
  item_number text not null,
  description text not null,
  uom text not null,
  quantity numeric not null,
  price numeric not null,
  need_by date,
  status text not null default 'created',
  unique (order_id, line_number)
);

create table if not exists network.orders (
  id int generated always as identity primary key,
  channel text not null,
  supplier_number text not null,
  po_number text not null,
  revision int not null,
  reference text not null,
  facility text not null,
  currency text not null,
  reply_to text,
  ordered_on date not null,
  state text not null default 'open',
  received_at timestamptz not null default now(),
  unique (supplier_number, po_number)
);

create table if not exists network.order_lines (
  order_id int not null references network.orders,
  line_number int not null,
  item_number text not null,
  description text not null,
  uom text not null,
  quantity numeric not null,
  price numeric not null,
  need_by date,
  behaviour text not null,
  state text not null default 'received',
  settled boolean not null default false,
  to_acknowledge boolean not null default true,
  proposed_item text,
  proposed_price numeric,
  promised_on date,
  shipped_quantity numeric not null default 0,
  primary key (order_id, line_number)
);

create table if not exists network.order_repeats (
  id int generated always as identity primary key,
  order_id int not null references network.orders,
  source text not null,
  received_at timestamptz not null default now()
);

create table if not exists network.acknowledgements (
  id int generated always as identity primary key,
  order_id int not null references network.orders,
  revision int not null,
  status text not null,
  exported boolean,
  last_exported_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index if not exists acknowledgements_unexported on network.acknowledgements (id) where not exported;
create index if not exists acknowledgements_order on network.acknowledgements (order_id);

create table if not exists network.acknowledgement_lines (
  id int generated always as identity primary key,
  acknowledgement_id int not null references network.acknowledgements,
  line_number int not null,
  decision text not null,
  item_number text not null,
  uom text not null,
  quantity numeric not null,
  price numeric not null,
  promised_on date,
  reason text
);
create index if not exists acknowledgement_lines_parent on network.acknowledgement_lines (acknowledgement_id);

create table if not exists network.invoices (
  id int generated always as identity primary key,
  order_id int not null references network.orders,
  number text not null,
  kind text not null,
  original_id int references network.invoices,
  invoice_date date not null,
  total numeric not null,
  status text not null default 'pending_approval',
  exported boolean,
  last_exported_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index if not exists invoices_unexported on network.invoices (id) where not exported;
create index if not exists invoices_order on network.invoices (order_id);

create table if not exists network.invoice_lines (
  id int generated always as identity primary key,
  invoice_id int not null references network.invoices,
  line_number int not null,
  order_line_number int not null,
  item_number text not null,
  description text not null,
  uom text not null,
  quantity numeric not null,
  price numeric not null,
  amount numeric not null
);
create index if not exists invoice_lines_parent on network.invoice_lines (invoice_id);

create table if not exists network.shipments (
  id int generated always as identity primary key,
  order_id int not null references network.orders,
  number text generated always as ('SHP-' || lpad(id::text, 6, '0')) stored,
  shipped_on date not null,
  expected_on date not null,
  carrier text not null,
  status text not null default 'pending_receipt',
  exported boolean,
  last_exported_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index if not exists shipments_unexported on network.shipments (id) where not exported;
create index if not exists shipments_order on network.shipments (order_id);

create table if not exists network.shipment_lines (
  id int generated always as identity primary key,
  shipment_id int not null references network.shipments,
  order_id int not null references network.orders,
  line_number int not null,
  order_line_number int not null,
  item_number text not null,
  description text not null,
  gtin text,
  uom text not null,
  quantity numeric not null check (quantity > 0),
  lot text,
  serial text,
  expires_on date,
  invoice_id int references network.invoices
);
create index if not exists shipment_lines_parent on network.shipment_lines (shipment_id);
create index if not exists shipment_lines_uninvoiced on network.shipment_lines (order_id) where invoice_id is null;

create table if not exists network.deliveries (
  id int generated always as identity primary key,
  shipment_id int not null unique references network.shipments,
  po_number text not null,
  supplier_number text not null,
  facility text not null,
  arrived_at timestamptz not null default now(),
  received boolean not null default false,
  received_at timestamptz,
  -- Refused at the dock.
  returned_at timestamptz
);
create index if not exists deliveries_waiting on network.deliveries (id) where not received and returned_at is null;

create table if not exists network.delivery_lines (
  delivery_id int not null references network.deliveries,
  line_number int not null,
  order_line_number int not null,
  item_number text not null,
  description text not null,
  gtin text,
  uom text not null,
  quantity numeric not null,
  lot text,
  serial text,
  expires_on date,
  primary key (delivery_id, line_number)
);

create table if not exists network.tasks (
  id bigint generated always as identity primary key,
  order_id int not null references network.orders,
  supplier_number text not null,
  kind text not null,
  details jsonb not null default '{}',
  due_at timestamptz not null,
  attempts int not null default 0,
  last_error text,
  done_at timestamptz
);
create index if not exists tasks_due on network.tasks (due_at) where done_at is null;
create index if not exists tasks_order on network.tasks (order_id) where done_at is null;

create sequence if not exists network.control_numbers as int minvalue 1 maxvalue 999999999 cycle;

create table if not exists network.transmissions (
  id bigint generated always as identity primary key,
  order_id int not null references network.orders,
  supplier_number text not null,
  channel text not null,
  document text not null,
  document_id int not null,
  control_number text,
  body text not null,
  state text not null default 'waiting',
  attempts int not null default 0,
  next_attempt_at timestamptz not null default now(),
  answer text,
  created_at timestamptz not null default now(),
  answered_at timestamptz
);
create index if not exists transmissions_waiting on network.transmissions (next_attempt_at) where state = 'waiting';
create index if not exists transmissions_order on network.transmissions (order_id) where state = 'waiting';

create table if not exists network.received_interchanges (
  id bigint generated always as identity primary key,
  supplier_number text not null,
  sender text not null,
  control_number text not null,
  outcome text not null,
  answer text not null,
  received_at timestamptz not null default now()
);
create index if not exists received_interchanges_key on network.received_interchanges (supplier_number, sender, control_number);
`;
