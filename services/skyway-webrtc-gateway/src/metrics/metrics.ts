import { processMetrics } from "@skyway-call-recorder/process/metrics.ts";
import { Counter, Gauge, type Registry } from "prom-client";
import type { DataTotals } from "../connections/earlyMessages.ts";
import type { MediaConnections } from "../connections/mediaConnections.ts";
import type { Peers } from "../peers/peers.ts";
import type { HeldMemory } from "../rtp/heldMemory.ts";
import type { CountedField } from "./mediaTotals.ts";

/** Names follow the Prometheus conventions. */
const TRACK_COUNTERS: Record<CountedField, { name: string; help: string }> = {
  packetsReceived: { name: "packets_received_total", help: "RTP packets received, including retransmissions." },
  packetsRedirected: { name: "packets_redirected_total", help: "RTP packets forwarded to recorders." },
  packetsLost: { name: "packets_lost_total", help: "RTP packets found missing." },
  packetsRepaired: { name: "packets_repaired_total", help: "Missing RTP packets that arrived later." },
  packetsGivenUp: { name: "packets_given_up_total", help: "RTP packets that never arrived." },
  packetsDuplicate: { name: "packets_duplicate_total", help: "RTP packets received more than once." },
  packetsDropped: { name: "packets_dropped_total", help: "RTP packets received, but not forwarded." },
  packetsPadding: { name: "packets_padding_total", help: "RTP packets received that contain only padding." },
  framesRedirected: { name: "frames_redirected_total", help: "Pictures and audio packets forwarded to recorders." },
  nacksSent: { name: "nacks_sent_total", help: "NACK packets sent to request retransmissions." },
  keyframeRequests: { name: "keyframe_requests_total", help: "Requests for a keyframe." },
  bytesRedirected: { name: "redirected_bytes_total", help: "Bytes of RTP forwarded to recorders." },
};

/**
 * The Prometheus metrics of this process. Nothing is counted separately: the counters of the packet path are summed up
 * for each scrape.
 */
export function createMetrics(
  peers: Peers,
  connections: MediaConnections,
  data: Readonly<DataTotals>,
  held: Readonly<Pick<HeldMemory, "bytes">>,
): Registry {
  const registry = processMetrics();
  const registers = [registry];
  for (const [field, { name, help }] of Object.entries(TRACK_COUNTERS) as [
    CountedField,
    { name: string; help: string },
  ][]) {
    counter(name, help, ["kind"], (set) => {
      const totals = connections.totals();
      for (const kind of ["audio", "video"] as const) set({ kind }, totals[kind][field]);
    });
  }
  counter("calls_ended_total", "Ended calls by reason.", ["reason"], (set) => {
    for (const [reason, count] of connections.ended.ends) set({ reason }, count);
  });
  counter("failed_connects_total", "Calls that were answered but never connected.", [], (set) =>
    set({}, connections.ended.failedConnects),
  );
  counter(
    "data_messages_dropped_total",
    "Messages of data connections that were not passed on.",
    ["direction"],
    (set) => {
      set({ direction: "to_program" }, data.droppedToProgram);
      set({ direction: "to_peer" }, data.droppedToPeer);
    },
  );
  gauge("held_media_bytes", "Media that is held because it has no recorder yet.", [], (set) => set({}, held.bytes));
  gauge("calls", "Running calls.", [], (set) => set({}, connections.running));
  gauge("peers", "Peers by signalling state.", ["state"], (set) => {
    const { open, disconnected } = peers.counts;
    set({ state: "open" }, open);
    set({ state: "disconnected" }, disconnected);
  });
  return registry;

  type Set<Label extends string> = (labels: Partial<Record<Label, string>>, value: number) => void;

  function counter<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read: (set: Set<Label>) => void,
  ) {
    new Counter<Label>({
      name: `webrtc_gateway_${name}`,
      ...{ help, labelNames, registers },
      collect() {
        this.reset();
        read((labels, value) => this.inc(labels, value));
      },
    });
  }

  function gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read: (set: Set<Label>) => void,
  ) {
    new Gauge<Label>({
      name: `webrtc_gateway_${name}`,
      ...{ help, labelNames, registers },
      collect() {
        read((labels, value) => this.set(labels, value));
      },
    });
  }
}
