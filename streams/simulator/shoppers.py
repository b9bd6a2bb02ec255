"""What shoppers do: look around, fill carts, walk away, come back, buy; and robots that only look."""

from decimal import Decimal
from random import Random

from schemas.words import Line, Millis
from streams.simulator.people import CATALOGUE, TIME_ZONES, Gadget, Person, Population, Product, new_id
from streams.simulator.settings import MINUTE, SECOND
from streams.simulator.story import Story, total

ACQUISITIONS = ("direct", "paid_search", "email", "social", "organic")
SHIPPING = Decimal("5.90")
SENT_FREE = Decimal(150)
QUERIES = ("oak table", "wool blanket", "spare lid", "gift", "copper lamp")


def visit(random: Random, people: Population, person: Person, at: Millis) -> Story:
    """A visit of this person on one of the devices, to its end."""
    story = Story(random, person, random.choice(person.gadgets), at)
    story.click("page_viewed", url="/", acquisition=random.choice(ACQUISITIONS))
    if person.customer_id and story.chance(0.7):
        log_in(story)
    browse(story)
    if story.gadget.lines or story.chance(0.6):
        shop(story, people)
    person.busy_until = story.at
    return story


def robot(random: Random, at: Millis) -> Story:
    """A crawler: looks at much, at the pace of a machine, and fills a cart that nobody wants."""
    gadget = Gadget("bot-" + new_id(random)[:8], "other")
    story = Story(random, Person([gadget]), gadget, at)
    story.is_bot = True
    for _ in range(random.randint(5, 25)):
        story.pause(SECOND)
        story.click("product_viewed", product_id=random.choice(CATALOGUE).product_id)
    put(story, random.choice(CATALOGUE))
    return story


def log_in(story: Story) -> None:
    """From here on the shop knows who this device is."""
    story.pause(10 * SECOND)
    story.gadget.known_as = story.person.customer_id
    story.click("identified")
    introduce(story)


def introduce(story: Story) -> None:
    """Once: the customer's address, time zone and what may be sent."""
    if story.person.introduced:
        return
    story.person.introduced = True
    customer = story.person.customer_id
    story.profile("attributes_changed", time_zone=story.random.choice(TIME_ZONES), locale="en", tier="buyer")
    for channel, share in (("email", 0.8), ("sms", 0.5), ("push", 0.4)):
        granted = story.chance(share)
        address = f"{customer}@example.org" if channel == "email" else None
        story.profile(
            "consent_changed", channel=channel, consent="granted" if granted else "denied", address=address
        )


def browse(story: Story) -> None:
    """Pages, products, some of them out of stock, searches, the odd error page."""
    for _ in range(story.random.choice((0, 1, 1, 2, 3, 5))):
        story.pause(25 * SECOND)
        look(story)


def look(story: Story) -> None:
    """One step through the shop."""
    what = story.random.random()
    if what < 0.6:
        product = story.random.choice(CATALOGUE)
        available = product.in_stock(story.at)
        story.click("product_viewed", product_id=product.product_id, available=available)
    elif what < 0.8:
        story.click("product_list_viewed", url="/list")
    elif what < 0.95:
        results = story.random.choice((0, 3, 12))
        story.click("products_searched", query=story.random.choice(QUERIES), results=results)
    else:
        story.click("error_shown", error_code="500")


def shop(story: Story, people: Population) -> None:
    """Change the cart; perhaps go on to the checkout."""
    if not story.gadget.lines or story.chance(0.5):
        for _ in range(story.random.choice((1, 1, 2, 3))):
            story.pause(30 * SECOND)
            put(story, story.random.choice(CATALOGUE))
    rethink(story)
    if story.gadget.lines and story.chance(0.55):
        check_out(story, people)


def put(story: Story, product: Product) -> None:
    """One more of the product in the cart: told as a delta, sometimes with a snapshot after it."""
    gadget = story.gadget
    gadget.cart_id = gadget.cart_id or "k-" + new_id(story.random)[:13]
    held = gadget.lines.get(product.product_id)
    quantity = 1 + (held.quantity if held else 0)
    gadget.lines[product.product_id] = Line(
        product_id=product.product_id, name=product.name, quantity=quantity, price=product.price
    )
    story.cart(
        "product_added",
        product_id=product.product_id,
        product_name=product.name,
        quantity=1,
        price=product.price,
    )
    if story.chance(0.15):
        story.pause(2 * SECOND)
        snapshot(story)


def snapshot(story: Story) -> None:
    """The whole cart, as the shop states it."""
    lines = tuple(story.gadget.lines.values())
    story.cart("cart_updated", lines=lines, value=total(lines))


def rethink(story: Story) -> None:
    """Take something out, empty the cart, try a coupon, or leave it as it is."""
    what = story.random.random()
    story.pause(20 * SECOND)
    if what < 0.12:
        take_out(story)
    elif what < 0.17:
        story.cart("cart_emptied")
        story.gadget.emptied()
    elif what < 0.22:
        story.cart("coupon_denied", coupon="WELCOME", reason="expired")
    else:
        look(story)


def take_out(story: Story) -> None:
    """One line leaves the cart."""
    product_id = story.random.choice(list(story.gadget.lines))
    del story.gadget.lines[product_id]
    story.cart("product_removed", product_id=product_id)
    if not story.gadget.lines:
        story.gadget.emptied()


def check_out(story: Story, people: Population) -> None:
    """Towards the order, as far as it goes."""
    lines = tuple(story.gadget.lines.values())
    story.pause(20 * SECOND)
    story.cart("checkout_started", lines=lines, value=total(lines), checkout_id=new_id(story.random))
    if story.chance(0.2):
        return
    story.pause(MINUTE)
    story.cart("checkout_step_completed", shipping=shipping(total(lines)))
    if story.chance(0.15):
        return
    story.pause(MINUTE)
    story.cart("payment_info_entered")
    if story.chance(0.2):
        story.pause(10 * SECOND)
        story.cart("payment_failed", reason="card_declined")
        if story.chance(0.6):
            return
    if story.chance(0.85):
        buy(story, people)


def shipping(value: Decimal) -> Decimal:
    """What it costs to send so much: nothing from ``SENT_FREE`` on."""
    return Decimal(0) if value >= SENT_FREE else SHIPPING


def buy(story: Story, people: Population) -> None:
    """The order: known to the storefront, to the back office, or to both; then the thank-you page."""
    story.pause(30 * SECOND)
    lines = tuple(story.gadget.lines.values())
    order_id = "o-" + new_id(story.random)[:13]
    customer, cart_id = story.person.customer_id, story.gadget.cart_id
    only_back_office = customer is not None and story.chance(0.1)
    if not only_back_office:
        story.cart("order_completed", order_id=order_id, lines=lines, value=total(lines))
    if customer and (only_back_office or story.chance(0.25)):
        story.pause(20 * SECOND)
        story.order(customer, order_id, lines, cart_id=cart_id)
    story.gadget.emptied()
    thank_you(story, people)


def thank_you(story: Story, people: Population) -> None:
    """Who has not logged in is asked for an account now, and some open one."""
    if story.person.customer_id is None and story.chance(0.35):
        people.register(story.person, story.at)
    if story.person.customer_id and story.gadget.known_as is None:
        log_in(story)
