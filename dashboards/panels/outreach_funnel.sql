-- title: Outreach, step by step
-- question: Of the abandonments, how many became a candidate, were approached, and what became of the messages? Each step is counted in the one before it, but that some orders come without a click.
-- dashboard: outreach
-- chart: bar
-- unit: carts
WITH
    abandoned AS
    (
        SELECT signal_id, recovered_after_outreach, recovered_by_link
        FROM v_abandonment
        WHERE withdrawn_at IS NULL
            AND abandoned_at >= {from:DateTime64(3, 'UTC')} AND abandoned_at < {until:DateTime64(3, 'UTC')}
    ),
    candidates AS
    (
        SELECT signal_id, countIf(outcome = 'shadowed') > 0 AS shadowed
        FROM v_decisions
        WHERE signal_id IN (SELECT signal_id FROM abandoned)
        GROUP BY signal_id
    ),
    approaches AS
    (
        SELECT
            signal_id,
            countIf(sent_at IS NOT NULL) > 0 AS sent,
            countIf(delivered_at IS NOT NULL) > 0 AS delivered,
            countIf(opened_at IS NOT NULL) > 0 AS opened,
            countIf(clicked_at IS NOT NULL) > 0 AS clicked
        FROM v_outreach
        WHERE signal_id IN (SELECT signal_id FROM abandoned) AND requested_at IS NOT NULL
        GROUP BY signal_id
    )
SELECT step, carts
FROM
(
    SELECT 1 AS place, 'abandoned' AS step, count() AS carts FROM abandoned
    UNION ALL SELECT 2, 'candidate', count() FROM candidates
    UNION ALL SELECT 3, 'shadowed', countIf(shadowed) FROM candidates
    UNION ALL SELECT 4, 'requested', count() FROM approaches
    UNION ALL SELECT 5, 'sent', countIf(sent) FROM approaches
    UNION ALL SELECT 6, 'delivered', countIf(delivered) FROM approaches
    UNION ALL SELECT 7, 'opened', countIf(opened) FROM approaches
    UNION ALL SELECT 8, 'clicked', countIf(clicked) FROM approaches
    UNION ALL SELECT 9, 'recovered after it', countIf(recovered_after_outreach) FROM abandoned
    UNION ALL SELECT 10, 'recovered by its link', countIf(recovered_by_link) FROM abandoned
)
ORDER BY place
