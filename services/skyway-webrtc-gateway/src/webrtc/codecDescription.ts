import type { Offer, OfferedCodec } from "./offer.ts";

/** A codec as the API and the recorder's SDP name it. */
export interface CodecDescription {
  /** SDP name, as the offer spells it. */
  codec: string;
  payloadType: number;
  samplingRate: number;
  channels: number;
  /** Value of `a=fmtp`, "" if there is none. */
  fmtp: string;
}

export function describeCodec({ codec, payloadType, samplingRate, channels, fmtp }: OfferedCodec): CodecDescription {
  return { codec, payloadType, samplingRate, channels, fmtp };
}

/** What is offered of each kind: by the first m-line of the kind that the offerer sends. */
export function describeKinds({ media }: Offer): { kind: "audio" | "video"; offered: CodecDescription[] }[] {
  return (["audio", "video"] as const).flatMap((kind) => {
    const first = media.find(({ type, sends, isClosed }) => type === kind && sends && !isClosed);
    return first ? [{ kind, offered: first.codecs.map(describeCodec) }] : [];
  });
}
