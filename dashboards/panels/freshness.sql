-- title: Freshness
-- question: How long ago was the last row of each topic written?
-- dashboard: operations
-- chart: bar
-- unit: seconds
-- thresholds: above 300 warning, above 3600 critical
-- live: yes
SELECT topic, round(silent_ms / 1000, 1) AS silent
FROM v_freshness
ORDER BY silent DESC, topic
