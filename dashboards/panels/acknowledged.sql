-- title: Acknowledged, answered, resolved
-- question: Which share of the contacts that began on the days looked at was acknowledged by a machine, answered by a human, resolved? As of now.
-- dashboard: waiting
-- chart: bar
-- unit: percent
-- thresholds: below 80 warning, below 50 critical
SELECT
    channel,
    round(100 * sum(s.acknowledged) / sum(s.contacts), 1) AS acknowledged,
    round(100 * sum(s.answered) / sum(s.contacts), 1) AS answered,
    round(100 * sum(s.resolved) / sum(s.contacts), 1) AS resolved
FROM v_contact_shares AS s
WHERE s.day >= toDate({from:DateTime64(3, 'UTC')}) AND s.day < {until:DateTime64(3, 'UTC')}
GROUP BY channel
ORDER BY channel
