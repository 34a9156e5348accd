package desk

import (
	"context"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

const day = 24 * time.Hour

// MetricsResult is the dashboard's figures as of Seq: conversations of now, the
// rest of today (UTC).
type MetricsResult struct {
	ActiveConversations     int         `json:"activeConversations"`
	ClosedConversations     int         `json:"closedConversations"`
	UnassignedConversations int         `json:"unassignedConversations"` // of the active ones
	TotalMessages           int         `json:"totalMessages"`
	FailedDeliveries        int         `json:"failedDeliveries"`
	AvgResponseTimeSeconds  *float64    `json:"avgResponseTimeSeconds"` // null without data
	PeriodStart             portal.Time `json:"periodStart"`
	PeriodEnd               portal.Time `json:"periodEnd"` // excluded
	Seq                     int64       `json:"seq"`
}

// Metrics are the dashboard's figures.
func (d *Desk) Metrics(ctx context.Context, who portal.Identity) (MetricsResult, error) {
	start := d.now().UTC().Truncate(day)
	from, to := portal.At(start), portal.At(start.Add(day))
	var m store.Metrics
	var seq int64
	err := d.view(ctx, who, func(tx store.ReadTx) (err error) {
		if m, err = tx.Metrics(ctx, from, to); err != nil {
			return err
		}
		seq, err = tx.LastSeq(ctx)
		return err
	})
	if err != nil {
		return MetricsResult{}, err
	}
	result := MetricsResult{ActiveConversations: m.Active, ClosedConversations: m.Closed, UnassignedConversations: m.Unassigned,
		TotalMessages: m.TotalMessages, FailedDeliveries: m.FailedDeliveries, PeriodStart: from, PeriodEnd: to, Seq: seq}
	if m.AvgResponse != nil {
		seconds := m.AvgResponse.Seconds()
		result.AvgResponseTimeSeconds = &seconds
	}
	return result, nil
}

// VolumeResult counts messages by bucket; a label is its bucket's start.
type VolumeResult struct {
	Labels   []string `json:"labels"`
	Inbound  []int    `json:"inbound"`
	Outbound []int    `json:"outbound"`
}

// MessageVolume counts messages over "24h" by the hour, over "7d" or "30d" by the
// day (UTC), the present one included. Another period is Invalid.
func (d *Desk) MessageVolume(ctx context.Context, who portal.Identity, period string) (VolumeResult, error) {
	labels, buckets, err := d.series(ctx, who, period)
	if err != nil {
		return VolumeResult{}, err
	}
	result := VolumeResult{Labels: labels}
	for _, b := range buckets {
		result.Inbound = append(result.Inbound, b.Inbound)
		result.Outbound = append(result.Outbound, b.Outbound)
	}
	return result, nil
}

// DeliveryResult counts outbound messages by bucket and what became of them.
type DeliveryResult struct {
	Labels    []string `json:"labels"`
	Delivered []int    `json:"delivered"` // now delivered or read
	Failed    []int    `json:"failed"`
}

// DeliveryStats counts as MessageVolume does.
func (d *Desk) DeliveryStats(ctx context.Context, who portal.Identity, period string) (DeliveryResult, error) {
	labels, buckets, err := d.series(ctx, who, period)
	if err != nil {
		return DeliveryResult{}, err
	}
	result := DeliveryResult{Labels: labels}
	for _, b := range buckets {
		result.Delivered = append(result.Delivered, b.Delivered)
		result.Failed = append(result.Failed, b.Failed)
	}
	return result, nil
}

func (d *Desk) series(ctx context.Context, who portal.Identity, period string) (labels []string, buckets []store.Bucket, err error) {
	width, n := day, 0
	switch period {
	case "24h":
		width, n = time.Hour, 24
	case "7d":
		n = 7
	case "30d":
		n = 30
	default:
		return nil, nil, portal.Errorf(portal.Invalid, "period must be 24h, 7d or 30d")
	}
	from := d.now().UTC().Truncate(width).Add(-time.Duration(n-1) * width)
	err = d.view(ctx, who, func(tx store.ReadTx) (err error) {
		buckets, err = tx.Series(ctx, portal.At(from), width, n)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	for i := range n {
		labels = append(labels, portal.At(from.Add(time.Duration(i)*width)).String())
	}
	return labels, buckets, nil
}
