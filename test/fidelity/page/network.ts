import { type Tap, tap } from "./tap.ts";

/**
 * Wraps the browser's RTCPeerConnection below unmodified skyway-js: sends the media through a relay, and copies the
 * encoded frames of every sender.
 */

export interface RelayAddress {
  address: string;
  port: number;
}

/** The unwrapped constructor, for the reference receiver. */
export const NativeConnection = window.RTCPeerConnection;

export const taps: Record<"audio" | "video", Tap[]> = { audio: [], video: [] };
export const connections: RTCPeerConnection[] = [];
let relays: readonly RelayAddress[] = [];

/** From now on, replaces all remote candidates by these, best first. */
export function sendThrough(...addresses: RelayAddress[]): void {
  relays = addresses;
}

const isRerouted = () => relays.length > 0;

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

  /** Hides the local candidates, because the gateway would use them to bypass the relay. */
  override get localDescription(): RTCSessionDescription | null {
    const own = super.localDescription;
    return own && isRerouted() ? new RTCSessionDescription({ type: own.type, sdp: withoutCandidates(own.sdp) }) : own;
  }

  override set onicecandidate(listener: ((event: RTCPeerConnectionIceEvent) => void) | null) {
    super.onicecandidate = (event) => {
      if (!isRerouted() || !event.candidate) listener?.(event);
    };
  }

  override async setRemoteDescription(description?: RTCSessionDescriptionInit): Promise<void> {
    if (!description?.sdp || !isRerouted()) return super.setRemoteDescription(description as RTCSessionDescriptionInit);
    return super.setRemoteDescription({ type: description.type, sdp: rerouted(description.sdp) });
  }

  override async addIceCandidate(candidate?: RTCIceCandidateInit | RTCIceCandidate | null): Promise<void> {
    if (isRerouted() && candidate?.candidate) return; // the description contains all candidates
    return super.addIceCandidate(candidate as RTCIceCandidateInit);
  }
}

window.RTCPeerConnection = TappedConnection;

/** A description whose first media section has the relays as its only candidates. */
function rerouted(sdp: string): string {
  const lines = withoutCandidates(sdp).split("\r\n");
  const section = lines.findIndex((line) => line.startsWith("m="));
  const connection = lines.findIndex((line, index) => index > section && line.startsWith("c="));
  const candidates = relays.map(
    ({ address, port }, index) =>
      `a=candidate:${index + 1} 1 UDP ${2130706431 - index * 256} ${address} ${port} typ host`,
  );
  lines.splice(connection + 1, 0, ...candidates);
  return lines.join("\r\n");
}

function withoutCandidates(sdp: string): string {
  return sdp
    .split("\r\n")
    .filter((line) => !line.startsWith("a=candidate:"))
    .join("\r\n");
}
