import { GatewayError } from "../errors.ts";
import type { OfferedCodec } from "./offer.ts";

/** Which codec to receive. */
export interface CodecWish {
  /** SDP name in any case; "G711" stands for PCMU and PCMA. */
  codec: string;
  /** Preferred among several of that name; redirected packets carry it in any case. */
  payloadType?: number;
  samplingRate?: number;
  /** 0 or absent: no limit of its own. */
  bandwidthKbps?: number;
}

/** Without a wish the offerer's first. Throws GatewayError CODEC_NOT_OFFERED; undefined if nothing is offered. */
export function chooseCodec(offered: readonly OfferedCodec[], wish: CodecWish | undefined): OfferedCodec | undefined {
  if (wish === undefined || offered.length === 0) return offered[0];
  const named = offered.filter(
    ({ codec, samplingRate }) =>
      isNamed(codec, wish.codec) && (wish.samplingRate === undefined || wish.samplingRate === samplingRate),
  );
  const chosen =
    named.find(({ payloadType }) => payloadType === wish.payloadType) ?? named.find(isEasyToStore) ?? named[0];
  if (chosen === undefined) throw new GatewayError("CODEC_NOT_OFFERED", wish.codec);
  return chosen;
}

function isNamed(codec: string, wished: string): boolean {
  const name = codec.toUpperCase();
  return wished.toUpperCase() === "G711" ? name === "PCMU" || name === "PCMA" : name === wished.toUpperCase();
}

/** Of several H264 profiles the one that fragments (packetization mode 1), as every decoder and container takes it. */
function isEasyToStore({ codec, fmtp }: OfferedCodec): boolean {
  return codec.toUpperCase() !== "H264" || /packetization-mode=1/.test(fmtp);
}
