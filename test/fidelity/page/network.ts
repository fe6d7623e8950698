import { type Tap, tap } from "./tap.ts";

/**
 * Stands between skyway-js, which stays as it is, and the browser's RTCPeerConnection: sends the media through a relay,
 * and taps the encoded frames of every sender.
 */

export interface RelayAddress {
  address: string;
  port: number;
}

/** A connection that nothing is done to, for the reference receiver. */
export const NativeConnection = window.RTCPeerConnection;

export const taps: Record<"audio" | "video", Tap[]> = { audio: [], video: [] };
export const connections: RTCPeerConnection[] = [];
let relay: RelayAddress | undefined;

/** From now on, all candidates of the other side are replaced by this one. */
export function sendThrough(address: RelayAddress): void {
  relay = address;
}

class TappedConnection extends NativeConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    connections.push(this);
  }

  override addTrack(track: MediaStreamTrack, ...streams: MediaStream[]): RTCRtpSender {
    const sender = super.addTrack(track, ...streams);
    taps[track.kind as "audio" | "video"].push(tap(sender));
    return sender;
  }

  /** The relay knows where this side is; told otherwise, the gateway would find a way around it. */
  override get localDescription(): RTCSessionDescription | null {
    const own = super.localDescription;
    return own && relay ? new RTCSessionDescription({ type: own.type, sdp: withoutCandidates(own.sdp) }) : own;
  }

  override set onicecandidate(listener: ((event: RTCPeerConnectionIceEvent) => void) | null) {
    super.onicecandidate = (event) => {
      if (!relay || !event.candidate) listener?.(event);
    };
  }

  override async setRemoteDescription(description?: RTCSessionDescriptionInit): Promise<void> {
    if (!description?.sdp || !relay) return super.setRemoteDescription(description as RTCSessionDescriptionInit);
    return super.setRemoteDescription({ type: description.type, sdp: rerouted(description.sdp, relay) });
  }

  override async addIceCandidate(candidate?: RTCIceCandidateInit | RTCIceCandidate | null): Promise<void> {
    if (relay && candidate?.candidate) return; // the description has the only one there is
    return super.addIceCandidate(candidate as RTCIceCandidateInit);
  }
}

window.RTCPeerConnection = TappedConnection;

/** A description whose first section with media names the relay as its only candidate. */
function rerouted(sdp: string, { address, port }: RelayAddress): string {
  const lines = withoutCandidates(sdp).split("\r\n");
  const section = lines.findIndex((line) => line.startsWith("m="));
  const connection = lines.findIndex((line, index) => index > section && line.startsWith("c="));
  lines.splice(connection + 1, 0, `a=candidate:1 1 UDP 2130706431 ${address} ${port} typ host`);
  return lines.join("\r\n");
}

function withoutCandidates(sdp: string): string {
  return sdp
    .split("\r\n")
    .filter((line) => !line.startsWith("a=candidate:"))
    .join("\r\n");
}
