import { type Offer, type OfferedCodec, parseOffer } from "./offer.ts";

/** A codec as the API and the recorder's SDP name it. */
export interface CodecDescription {
  /** SDP name, as the offer spells it. */
  codec: string;
  payloadType: number;
  samplingRate: number;
  channels: number;
  /** Value of `a=fmtp`; "" if there is none. */
  fmtp: string;
}

/** What is offered of one kind. */
export interface OfferedTrack {
  kind: "audio" | "video";
  offered: CodecDescription[];
  /** It has a transport of its own, and is not received. */
  isApart?: boolean;
}

/** Codecs in an offer, by kind, in the offerer's order. Throws GatewayError INVALID_OFFER. */
export function describeOffer(sdp: string): OfferedTrack[] {
  return describeKinds(parseOffer(sdp));
}

export function describeCodec({ codec, payloadType, samplingRate, channels, fmtp }: OfferedCodec): CodecDescription {
  return { codec, payloadType, samplingRate, channels, fmtp };
}

/** The offered codecs of each kind, from the first m-line of the kind that the offerer sends over the shared transport. */
export function describeKinds({ media, bundle }: Offer): OfferedTrack[] {
  return (["audio", "video"] as const).flatMap((kind): OfferedTrack[] => {
    const sent = media.filter(({ type, sends, isClosed }) => type === kind && sends && !isClosed);
    const received = sent.find(({ mid }) => bundle.includes(mid));
    const first = received ?? sent[0];
    if (first === undefined) return [];
    return [{ kind, offered: first.codecs.map(describeCodec), ...(received === undefined && { isApart: true }) }];
  });
}
