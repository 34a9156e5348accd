package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
)

type periodInput struct {
	Period string `query:"period" enum:"24h,7d,30d" default:"24h" doc:"24 hours, or 7 or 30 days, in UTC, up to now."`
}

func (s *server) dashboardRoutes(api huma.API) {
	const tag = "Dashboard"
	handle(s, api, call{id: "metrics", method: http.MethodGet, path: "/api/dashboard/metrics", tag: tag, summary: "The figures of now and of today",
		about: "Active, closed and unassigned conversations are of now, the rest is of today (UTC)."}, s.metrics)
	handle(s, api, call{id: "messageVolume", method: http.MethodGet, path: "/api/dashboard/message-volume", tag: tag, summary: "Messages by hour or day"}, s.volume)
	handle(s, api, call{id: "deliveryStats", method: http.MethodGet, path: "/api/dashboard/delivery-stats", tag: tag, summary: "What became of outbound messages, by hour or day"}, s.delivery)
}

func (s *server) metrics(ctx context.Context, who portal.Identity, _ *none) (*body[desk.MetricsResult], error) {
	m, err := s.Desk.Metrics(ctx, who)
	if err != nil {
		return nil, err
	}
	return &body[desk.MetricsResult]{m}, nil
}

func (s *server) volume(ctx context.Context, who portal.Identity, in *periodInput) (*body[desk.VolumeResult], error) {
	v, err := s.Desk.MessageVolume(ctx, who, in.Period)
	if err != nil {
		return nil, err
	}
	return &body[desk.VolumeResult]{v}, nil
}

func (s *server) delivery(ctx context.Context, who portal.Identity, in *periodInput) (*body[desk.DeliveryResult], error) {
	v, err := s.Desk.DeliveryStats(ctx, who, in.Period)
	if err != nil {
		return nil, err
	}
	return &body[desk.DeliveryResult]{v}, nil
}
