-- Everything that is known of one customer, in order, from all departments.
-- {shop:String}, {profile:String}: whom; {limit:UInt32}: the latest so many.
WITH
    devices AS
    (
        SELECT DISTINCT visitor_id AS id
        FROM raw_facts
        WHERE shop_id = {shop:String} AND (profile_id = {profile:String} OR customer_id = {profile:String})
    ),
    names AS (SELECT id FROM devices UNION DISTINCT SELECT {profile:String} AS id)
SELECT at, department, what, subject, detail, value, currency, explained
FROM
(
    SELECT occurred_at AS at, 'shop' AS department, toString(type) AS what, event_id,
        coalesce(product_id, query, error_code, '') AS subject, coalesce(url, '') AS detail,
        CAST(NULL, 'Nullable(String)') AS value, CAST(NULL, 'Nullable(String)') AS currency,
        CAST([], 'Array(Tuple(String, String, Nullable(String)))') AS explained
    FROM raw_clickstream
    WHERE shop_id = {shop:String} AND visitor_id IN names AND NOT is_bot
    UNION ALL
    SELECT occurred_at, 'shop', toString(type), event_id,
        coalesce(product_name, product_id, order_id, coupon, ''), coalesce(reason, ''),
        toString(coalesce(value, price)), toString(currency), []
    FROM raw_cart
    WHERE shop_id = {shop:String} AND visitor_id IN names AND NOT is_bot
    UNION ALL
    SELECT occurred_at, 'orders', toString(type), event_id, order_id, '', toString(value), toString(currency), []
    FROM raw_orders
    WHERE shop_id = {shop:String} AND profile_id IN names
    UNION ALL
    SELECT occurred_at, 'help desk', toString(type), event_id, contact_id,
        arrayStringConcat(arrayFilter(one -> one != '' AND one != 'unknown',
            [toString(channel), toString(kind), toString(status), coalesce(team, '')]), ', '),
        NULL, NULL, []
    FROM raw_support
    WHERE shop_id = {shop:String} AND profile_id IN names
    UNION ALL
    SELECT occurred_at, 'consent', toString(type), event_id,
        arrayStringConcat(arrayFilter(one -> one != 'unknown', [toString(channel), toString(consent)]), ' '),
        coalesce(reason, ''), NULL, NULL, []
    FROM raw_profile_updates
    WHERE shop_id = {shop:String} AND profile_id IN names
    UNION ALL
    SELECT occurred_at, 'delivery', toString(type), event_id, toString(channel), coalesce(reason, ''), NULL, NULL, []
    FROM raw_feedback
    WHERE shop_id = {shop:String} AND profile_id IN names
    UNION ALL
    SELECT occurred_at, 'heedful', concat('cart ', kind), event_id, toString(stage),
        if(kind = 'abandoned' AND cause != 'unknown', concat('likely cause: ', replaceAll(toString(cause), '_', ' ')),
            coalesce(order_id, '')),
        toString(value), toString(currency), []
    FROM raw_signals_abandonment
    WHERE shop_id = {shop:String} AND profile_id IN names
    UNION ALL
    SELECT occurred_at, 'heedful', toString(kind), event_id, clock, contact_id, NULL, NULL, []
    FROM v_contact_signals
    WHERE shop_id = {shop:String} AND profile_id IN names
        AND kind NOT IN ('activate', 'pause', 'fulfill', 'breach', 'update_status', 'apply_sla')
    UNION ALL
    SELECT decided_at, 'heedful', concat('outreach ', outcome), event_id, concat(rule, ', ', channel),
        concat(guard, if(detail IS NULL, '', concat(': ', detail))), NULL, NULL,
        arrayMap(said -> (said.guard, toString(said.result), said.detail), guards)
    FROM v_decisions
    WHERE shop_id = {shop:String} AND profile_id IN names
)
ORDER BY at DESC, event_id
LIMIT 1 BY event_id, what
LIMIT {limit:UInt32}
