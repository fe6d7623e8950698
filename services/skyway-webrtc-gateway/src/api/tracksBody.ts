import type { AdditionalConnection } from "../connections/additionalConnection.ts";
import type { MediaConnection } from "../connections/mediaConnection.ts";
import type { CodecDescription, TrackReport } from "../webrtc/mediaSession.ts";

/** Body of GET /media/connections/{id}/tracks. */
export function tracksBody(connection: MediaConnection | AdditionalConnection) {
  const { ended } = connection;
  return {
    ended: ended && { reason: ended.reason, unix_ms: ended.unixMs },
    tracks: connection.tracks().map(track),
    additional: connection.additional.map(({ id }) => ({ media_connection_id: id })),
    surplus: connection.surplus,
    held: connection.isHeld,
  };
}

function track({ kind, offered, isApart = false, negotiated, clock, counters }: TrackReport) {
  return {
    kind,
    offered: offered.map(codec),
    apart: isApart,
    negotiated: negotiated && codec(negotiated),
    clock: clock && {
      first_rtp_timestamp: clock.firstRtpTimestamp,
      first_unix_ms: clock.firstUnixMs,
      rate: clock.rate,
      source: clock.source,
    },
    counters: {
      packets_received: counters.packetsReceived,
      packets_redirected: counters.packetsRedirected,
      packets_lost: counters.packetsLost,
      packets_repaired: counters.packetsRepaired,
      packets_given_up: counters.packetsGivenUp,
      packets_duplicate: counters.packetsDuplicate,
      packets_dropped: counters.packetsDropped,
      packets_padding: counters.packetsPadding,
      frames_redirected: counters.framesRedirected,
      nacks_sent: counters.nacksSent,
      keyframe_requests: counters.keyframeRequests,
      bytes_redirected: counters.bytesRedirected,
      last_packet_unix_ms: counters.lastPacketUnixMs,
      last_media_unix_ms: counters.lastMediaUnixMs,
      last_report_unix_ms: counters.lastReportUnixMs,
    },
  };
}

function codec({ codec, payloadType, samplingRate, channels, fmtp }: CodecDescription) {
  return { codec, payload_type: payloadType, sampling_rate: samplingRate, channels, fmtp };
}
