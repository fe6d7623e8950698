import { GatewayError } from "../errors.ts";
import type { OfferedCodec } from "./offer.ts";

/** Which codec to receive. */
export interface CodecWish {
  /** SDP name, case-insensitive. "G711" means PCMU or PCMA. */
  codec: string;
  /** Preferred among several codecs of that name. Redirected packets always carry it. */
  payloadType?: number;
  samplingRate?: number;
  /** 0 or absent: no limit. */
  bandwidthKbps?: number;
}

/** Without a wish: the offerer's first codec. Undefined if none is offered. Throws GatewayError CODEC_NOT_OFFERED. */
export function chooseCodec(offered: readonly OfferedCodec[], wish: CodecWish | undefined): OfferedCodec | undefined {
  if (wish === undefined || offered.length === 0) return offered[0];
  const chosen = fittingCodec(offered, wish);
  if (chosen === undefined) throw new GatewayError("CODEC_NOT_OFFERED", wish.codec);
  return chosen;
}

/** Without a wish: the offerer's first codec. Undefined if no offered codec fits. */
export function fittingCodec(offered: readonly OfferedCodec[], wish: CodecWish | undefined): OfferedCodec | undefined {
  if (wish === undefined) return offered[0];
  const named = offered.filter(
    ({ codec, samplingRate }) =>
      isNamed(codec, wish.codec) && (wish.samplingRate === undefined || wish.samplingRate === samplingRate),
  );
  return named.find(({ payloadType }) => payloadType === wish.payloadType) ?? named.find(isEasyToStore) ?? named[0];
}

function isNamed(codec: string, wished: string): boolean {
  const name = codec.toUpperCase();
  return wished.toUpperCase() === "G711" ? name === "PCMU" || name === "PCMA" : name === wished.toUpperCase();
}

/** Prefers H264 with packetization mode 1 (fragmentation): every decoder and container accepts it. */
function isEasyToStore({ codec, fmtp }: OfferedCodec): boolean {
  return codec.toUpperCase() !== "H264" || /packetization-mode=1/.test(fmtp);
}
