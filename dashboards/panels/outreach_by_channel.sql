-- title: Outreach by channel
-- question: What became of the outreach requested on each channel?
-- dashboard: outreach
-- chart: table
-- unit: messages
SELECT
    channel,
    count() AS requested,
    countIf(cancelled_at IS NOT NULL) AS cancelled,
    countIf(sent_at IS NOT NULL) AS sent,
    countIf(delivered_at IS NOT NULL) AS delivered,
    countIf(opened_at IS NOT NULL) AS opened,
    countIf(clicked_at IS NOT NULL) AS clicked,
    countIf(replied_at IS NOT NULL) AS replied,
    countIf(failed_at IS NOT NULL) AS failed,
    countIf(opted_out_at IS NOT NULL) AS opted_out
FROM v_outreach
WHERE requested_at >= {from:DateTime64(3, 'UTC')} AND requested_at < {until:DateTime64(3, 'UTC')}
GROUP BY channel
ORDER BY requested DESC, channel
