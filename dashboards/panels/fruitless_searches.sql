-- title: Searches that found nothing
-- question: What did customers look for and not find, and how many of them put nothing into a cart within half an hour?
-- dashboard: abandonment
-- chart: table
-- unit: searches
WITH
    searches AS
    (
        SELECT shop_id, visitor_id, lowerUTF8(trimBoth(query)) AS query, occurred_at
        FROM raw_clickstream
        WHERE type = 'products_searched' AND results = 0 AND query IS NOT NULL AND NOT is_bot
            AND occurred_at >= {from:DateTime64(3, 'UTC')} AND occurred_at < {until:DateTime64(3, 'UTC')}
        LIMIT 1 BY event_id
    ),
    adding AS
    (
        SELECT shop_id, visitor_id, arraySort(groupArray(occurred_at)) AS times
        FROM raw_cart
        WHERE type IN ('product_added', 'cart_updated') AND NOT is_bot
            AND occurred_at >= {from:DateTime64(3, 'UTC')} AND occurred_at < {until:DateTime64(3, 'UTC')} + INTERVAL 30 MINUTE
        GROUP BY shop_id, visitor_id
    )
SELECT
    s.query AS query,
    count() AS searches,
    uniqExact(s.shop_id, s.visitor_id) AS visitors,
    uniqExactIf((s.shop_id, s.visitor_id), NOT arrayExists(at -> at >= s.occurred_at AND at < s.occurred_at + INTERVAL 30 MINUTE, a.times)) AS added_nothing
FROM searches AS s
LEFT JOIN adding AS a ON a.shop_id = s.shop_id AND a.visitor_id = s.visitor_id
GROUP BY query
ORDER BY searches DESC, query
LIMIT 50
