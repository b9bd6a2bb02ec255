-- title: Refusals by guard
-- question: Which guards kept us from approaching customers: finally (refused, withdrawn), or for a while (held)?
-- dashboard: outreach
-- chart: bar
-- unit: candidates
SELECT
    guard,
    uniqExactIf(outreach_id, outcome = 'refused') AS refused,
    uniqExactIf(outreach_id, outcome = 'withdrawn') AS withdrawn,
    uniqExactIf(outreach_id, outcome = 'held') AS held
FROM v_decisions
WHERE outcome IN ('refused', 'withdrawn', 'held')
    AND decided_at >= {from:DateTime64(3, 'UTC')} AND decided_at < {until:DateTime64(3, 'UTC')}
GROUP BY guard
ORDER BY refused + withdrawn + held DESC, guard
