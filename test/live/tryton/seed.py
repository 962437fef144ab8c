#!/usr/bin/python3
"""Seed a fresh Tryton 6.0 database with the books of a small hospital, in process, without a server.

argv: <trytond configuration> <database URI>. The user's password is read from TRYTON_USER_PASSWORD.
"""
import datetime
import os
import sys
from decimal import Decimal

from proteus import Model, config as proteus_config

configuration, uri = sys.argv[1], sys.argv[2]
os.environ.setdefault('DB_NAME', uri.rsplit('/', 1)[-1])
proteus = proteus_config.set_trytond(uri, config_file=configuration)

from trytond.modules.account.tests.tools import create_fiscalyear  # noqa: E402
from trytond.modules.account_invoice.tests.tools import (  # noqa: E402
    set_fiscalyear_invoice_sequences)
from trytond.modules.company.tests.tools import create_company, get_company  # noqa: E402


def save(model, **values):
    record = Model.get(model)(**values)
    record.save()
    return record


def find(model, **values):
    record, = Model.get(model).find([(name, '=', value) for name, value in values.items()], limit=1)
    return record


# The company, its employee and its money
Currency = Model.get('currency.currency')
dollar = Currency(name='US Dollar', symbol='$', code='USD', numeric_code='840', rounding=Decimal('0.01'), digits=2)
dollar.rates.new(date=datetime.date(2000, 1, 1), rate=Decimal('1'))
dollar.save()
create_company(party=save('party.party', name='Lakeside Health'), currency=dollar)
company = get_company()
buyer = save('company.employee', party=save('party.party', name='Buyer One'), company=company)
User = Model.get('res.user')
admin = User(proteus.user)
admin.employees.append(buyer)
admin.employee = buyer
admin.save()
proteus._context = User.get_preferences(True, {})

fiscal_year = set_fiscalyear_invoice_sequences(create_fiscalyear(company))
fiscal_year.click('create_period')


# The chart of accounts
def account_type(name, statement, **flags):
    return save('account.account.type', name=name, statement=statement, company=company, **flags)


assets = account_type('Assets', 'balance', assets=True)
liabilities = account_type('Liabilities', 'balance')
equity = account_type('Equity', 'balance')
receivable = account_type('Receivables', 'balance', assets=True, receivable=True)
payable = account_type('Payables', 'balance', payable=True)
clearing = account_type('Clearing', 'balance', debt=True)
revenue = account_type('Revenue', 'income', revenue=True)
expense = account_type('Expense', 'income', expense=True)

account = {}
for code, name, kind, party_required in (
        ('1010', 'Cash', assets, False),
        ('1210', 'Accounts receivable', receivable, True),
        ('1310', 'Inventory of medical supplies', assets, False),
        ('2010', 'Accounts payable', payable, True),
        ('2150', 'Goods received not invoiced', clearing, False),
        ('2190', 'Inventory count clearing', liabilities, False),
        ('3010', 'Opening equity', equity, False),
        ('4010', 'Patient service revenue', revenue, False),
        ('5110', 'Medical supplies expense', expense, False),
        ('5120', 'Implants expense', expense, False),
        ('5130', 'Pharmaceuticals expense', expense, False),
        ('5190', 'Purchase price variance', expense, False),
        ('5310', 'Inventory adjustment expense', expense, False),
        ):
    account[code] = save(
        'account.account', code=code, name=name, type=kind, company=company,
        party_required=party_required, reconcile=party_required)
accounting = Model.get('account.configuration')(1)
accounting.default_account_receivable = account['1210']
accounting.default_account_payable = account['2010']
accounting.save()
sequence = find('ir.sequence', name='Default Account Journal')
save('account.journal', name='Miscellaneous', code='MISC', type='general', sequence=sequence)
save('account.invoice.payment.method', name='Bank', journal=find('account.journal', code='CASH'),
    debit_account=account['1010'], credit_account=account['1010'])

# Suppliers
supplier_category = save('party.category', name='Supplier')


def payment_term(name, days):
    term = Model.get('account.invoice.payment_term')(name=name)
    term.lines.new(type='remainder').relativedeltas.new(days=days)
    term.save()
    return term


net30, net45 = payment_term('NET30', 30), payment_term('NET45', 45)
supplier = {}
for code, name, term in (
        ('SUP-100', 'Harborline Cardiac Devices', net30),
        ('SUP-110', 'Meridian Rhythm Systems', net45),
        ('SUP-120', 'Bluestem Orthopaedics', net30),
        ('SUP-130', 'Cascade Medical Distribution', net30),
        ('SUP-140', 'Northgate Surgical Supply', net45),
        ('SUP-150', 'Prairie Pharmaceutical Wholesale', net30),
        ):
    party = Model.get('party.party')(name=name, code=code, supplier_payment_term=term)
    party.categories.append(Model.get('party.category')(supplier_category.id))
    address, = party.addresses
    address.street, address.city, address.postal_code = '1 Depot Road', 'Springfield', '01101'
    party.save()
    supplier[code] = party

# Places. A shelf lies below the storage zone of its warehouse, so that receipts can be put there.
Location = Model.get('stock.location')
main = find('stock.location', type='warehouse')
main.code, main.name = 'MAIN', 'Lakeside General Hospital'
main.save()


def zone(name, code):
    return save('stock.location', name=name, code=code, type='storage')


east = save('stock.location', name='Lakeside East Clinic', code='EAST', type='warehouse',
    input_location=zone('East input', 'IN-EAST'), output_location=zone('East output', 'OUT-EAST'),
    lost_found_location=main.lost_found_location, storage_location=zone('East storage', 'STO-EAST'))
place = {}
for warehouse, code, name in (
        (main, 'STORES', 'Central stores'),
        (main, 'CATHLAB', 'Catheterisation laboratory cabinets'),
        (main, 'THEATRE', 'Theatre core'),
        (east, 'STORES', 'East stores'),
        ):
    place[warehouse.code, code] = save('stock.location', name=name, code=code, type='storage', parent=warehouse.storage_location)
for code, name in (('CONSUMED', 'Consumed'), ('ADJUSTED', 'Counted'), ('RECEIVED', 'Received without order')):
    save('stock.location', name=name, code=code, type='lost_found')

# Cost centres: below a facility, or below the root when they serve all of them
root = save('analytic_account.account', name='Cost centres', code='CC', type='root')
facility = {
    code: save('analytic_account.account', name=name, code=code, type='view', root=root, parent=root)
    for code, name in (('MAIN', 'Lakeside General Hospital'), ('EAST', 'Lakeside East Clinic'))}
for code, name, parent, state in (
        ('7010', 'Cardiac catheterisation laboratory', facility['MAIN'], 'opened'),
        ('7020', 'Operating theatres', facility['MAIN'], 'opened'),
        ('7050', 'Outpatient clinic', root, 'opened'),
        ('7090', 'Central stores', root, 'opened'),
        ('7999', 'Former day surgery', facility['MAIN'], 'closed'),
        ):
    save('analytic_account.account', name=name, code=code, type='normal', root=root, parent=parent, state=state)
    if state == 'opened':
        save('stock.location', name='Used by ' + name, code=code, type='lost_found')

# The item master
each = find('product.uom', name='Unit')
box = {size: save('product.uom', name='Box of %d' % size, symbol='BX/%d' % size, category=each.category,
        factor=float(size), rate=1 / size, rounding=1.0, digits=0) for size in (10, 50, 100)}


def category(name, expense_account):
    return (
        save('product.category', name=name),
        save('product.category', name=name + ' (accounting)', accounting=True, account_expense=account[expense_account],
            account_revenue=account['4010']))


supplies, implants, pharmaceuticals = category('supply', '5110'), category('implant', '5120'), category('pharmaceutical', '5130')


def gtin(digits):
    """Under the GS1 prefix 952, which is for demonstrations and never issued. The check digit weighs 3 and 1 from the right."""
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits)))
    return digits + str(-total % 10)


LOT = ['supplier', 'customer', 'lost_found', 'storage', 'production']
item = {}
for number, description, (kind, accounts), unit, cost, source, identifier, tracing in (
        ('SPL-1001', 'Aluminium finger splint, 20 cm', supplies, each, '8.50', 'SUP-130', '0952000001001', ''),
        ('SPL-1002', 'Aluminium finger splint, 30 cm', supplies, each, '9.75', 'SUP-130', '0952000001002', ''),
        ('CON-3002', 'Nitrile examination glove, powder-free, sterile', supplies, box[100], '0.18', 'SUP-130', '1952000003002', ''),
        ('CON-3003', 'Isolation gown, single use', supplies, box[50], '0.90', 'SUP-130', '1952000003003', ''),
        ('DEV-2001', 'Coronary guide wire 0.014 in, 190 cm', implants, each, '86.00', 'SUP-100', '0952000002001', 'le'),
        ('IMP-1002', 'Drug eluting coronary stent 3.50 mm x 26 mm', implants, each, '1390.00', 'SUP-100', '0952000001030', 'le'),
        ('IMP-1101', 'Implantable cardioverter defibrillator, dual chamber', implants, each, '19800.00', 'SUP-110', '0952000001101', 'se'),
        ('PHA-4001', 'Influenza vaccine, preservative free, syringe', pharmaceuticals, box[10], '17.20', 'SUP-150', '1952000004001', 'le'),
        ):
    template = Model.get('product.template')(
        name=description, default_uom=each, type='goods', purchasable=True, list_price=Decimal(cost),
        cost_price_method='fixed', account_category=accounts)
    template.purchase_uom = unit
    template.categories.append(Model.get('product.category')(kind.id))
    if tracing:
        template.lot_required = LOT
    if 's' in tracing:
        template.lot_unit = each
    if 'e' in tracing:
        template.shelf_life_state = 'optional'
    product, = template.products
    product.suffix_code = number
    product.cost_price = Decimal(cost)
    product.identifiers.new(type='ean', code=gtin(identifier))
    template.save()
    product, = template.products
    item[number] = product
    offer = template.product_suppliers.new(party=supplier[source], currency=dollar)
    offer.prices.new(quantity=0, unit_price=(Decimal(cost) * Decimal(str(unit.factor))).quantize(Decimal('0.01')))
    template.save()

# When to order more
save('stock.order_point', product=item['SPL-1001'], type='purchase', warehouse_location=main,
    min_quantity=100.0, target_quantity=400.0)
save('stock.order_point', product=item['IMP-1002'], type='internal', storage_location=place['MAIN', 'CATHLAB'],
    provisioning_location=place['MAIN', 'STORES'], min_quantity=12.0, target_quantity=24.0)

# Opening stock
today = datetime.date.today()


def lot(number, product, expires_on, **values):
    return save('stock.lot', number=number, product=product, shelf_life_expiration_date=expires_on, **values)


next_year = today.replace(year=today.year + 1, month=6, day=30)
for location, lines in (
        (place['MAIN', 'STORES'], (
            ('SPL-1001', 400.0, None), ('SPL-1002', 150.0, None), ('CON-3002', 16000.0, None), ('CON-3003', 900.0, None),
            ('IMP-1002', 10.0, lot('A-IMP-1002', item['IMP-1002'], next_year)),
            ('IMP-1002', 14.0, lot('B-IMP-1002', item['IMP-1002'], next_year.replace(year=today.year + 2))),
            ('IMP-1101', 1.0, lot('SN-0001', item['IMP-1101'], next_year, unit=each, unit_quantity=1.0)),
            ('PHA-4001', 50.0, lot('A-PHA-4001', item['PHA-4001'], next_year)))),
        (place['MAIN', 'CATHLAB'], (
            ('DEV-2001', 30.0, lot('A-DEV-2001', item['DEV-2001'], next_year)),)),
        (place['EAST', 'STORES'], (('SPL-1001', 80.0, None), ('CON-3002', 4000.0, None))),
        ):
    inventory = Model.get('stock.inventory')(location=location, date=today)
    for number, quantity, tracked in lines:
        line = inventory.lines.new(product=item[number])
        line.lot = tracked
        line.quantity = quantity
    inventory.save()
    inventory.click('confirm')

# Who we are: a user of its own that may do everything
api = User(name='Integration', login='integration', password=os.environ['TRYTON_USER_PASSWORD'])
for group in Model.get('res.group').find([]):
    api.groups.append(Model.get('res.group')(group.id))
api.companies.append(company)
api.company = company
api.employees.append(Model.get('company.employee')(buyer.id))
api.employee = Model.get('company.employee')(buyer.id)
api.save()
print('seeded')
