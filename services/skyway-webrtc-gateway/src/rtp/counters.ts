/** Counters of one track. They only increase. */
export interface TrackCounters {
  packetsReceived: number;
  packetsRedirected: number;
  /** Missing for longer than packets usually take to be reordered. */
  packetsLost: number;
  packetsRepaired: number;
  packetsGivenUp: number;
  packetsDuplicate: number;
  /** Received but not forwarded: of another source, before a keyframe, of an incomplete frame, too old or too many. */
  packetsDropped: number;
  /** Received packets without payload: they only probe for bandwidth, and are not forwarded. */
  packetsPadding: number;
  /** Pictures and packets of audio. */
  framesRedirected: number;
  nacksSent: number;
  keyframeRequests: number;
  bytesRedirected: number;
  /** Unix time in milliseconds; null before the first packet. */
  lastPacketUnixMs: number | null;
  /** The same for media only: without padding and packets that are received again. */
  lastMediaUnixMs: number | null;
  /** The same for sender reports, which a sender repeats also while its picture does not change. */
  lastReportUnixMs: number | null;
}

export function noCounts(): TrackCounters {
  return {
    packetsReceived: 0,
    packetsRedirected: 0,
    packetsLost: 0,
    packetsRepaired: 0,
    packetsGivenUp: 0,
    packetsDuplicate: 0,
    packetsDropped: 0,
    packetsPadding: 0,
    framesRedirected: 0,
    nacksSent: 0,
    keyframeRequests: 0,
    bytesRedirected: 0,
    lastPacketUnixMs: null,
    lastMediaUnixMs: null,
    lastReportUnixMs: null,
  };
}
