import { randomInt, randomUUID } from "node:crypto";
import { type Agreement, kindsOf } from "./agreement.ts";
import { type AnsweredMedia, type KindOptions, planAnswer } from "./answerPlan.ts";
import { agreed, type CalledMedia, planOffer, writeOffer } from "./callOffer.ts";
import type { CallTransports } from "./callTransports.ts";
import type { TransportParameters } from "./libraryDescription.ts";
import type { Kind, MediaOptions, Redirects } from "./mediaSession.ts";
import { parseOffer } from "./offer.ts";
import type { PeerTransport } from "./peerTransport.ts";
import { writeTransportOffer } from "./transportOffer.ts";

/** How a call begins: we answer the caller's offer, or the peer answers ours. */

/** An outgoing call that was not answered yet. */
export interface DialledCall {
  transport: PeerTransport;
  local: TransportParameters;
  options: Record<Kind, KindOptions>;
  maxTracks: number;
  plan: readonly CalledMedia[];
  redirects: Redirects;
}

/** Throws GatewayError INVALID_OFFER, CODEC_NOT_OFFERED, TRANSPORT_FAILED. */
export function takeOffer(offerSdp: string, options: MediaOptions, transports: CallTransports): Agreement {
  const offer = parseOffer(offerSdp);
  const wishes = withSources(options);
  const { maxTracks = 0 } = options;
  const media = planAnswer(offer, wishes, maxTracks);
  return { ...transports.answer(offer), media, kinds: firstKinds(media, wishes), maxTracks, offer, version: 1 };
}

/** Throws GatewayError CODEC_NOT_OFFERED, INVALID_FIELD, TRANSPORT_FAILED, PUBLISHED_PORT_UNKNOWN. */
export function dial(options: MediaOptions, transports: CallTransports): { dialled: DialledCall; offerSdp: string } {
  const wishes = withSources(options);
  const { maxTracks = 0, redirects } = options;
  const plan = planOffer(wishes);
  const transport = transports.create("call");
  transports.add(transport);
  try {
    const local = transport.offer();
    const [endpoints, isGateway] = [transports.endpointsOf(transport), transport.gathered === undefined];
    const offerSdp = writeOffer(plan, { ...local, endpoints, isGateway, version: 1 });
    return { dialled: { transport, local, options: wishes, maxTracks, plan, redirects }, offerSdp };
  } catch (error) {
    transports.discard(transport);
    throw error;
  }
}

/** Throws GatewayError INVALID_OFFER, TRANSPORT_FAILED. */
export function takeAnswer(answerSdp: string, { transport, local, options, maxTracks, plan }: DialledCall): Agreement {
  const offer = parseOffer(answerSdp);
  transport.accept(writeTransportOffer(offer.transport));
  for (const candidate of offer.transport.candidates) transport.addRemoteCandidate(candidate);
  // The answerer has chosen its DTLS role, and so ours, for as long as the association lasts.
  const setup = offer.transport.setup === "passive" ? "active" : "passive";
  const media = agreed(plan, offer);
  const kinds = firstKinds(media, options);
  return { transport, local: { ...local, setup }, media, kinds, maxTracks, offer, version: 1 };
}

function firstKinds(media: readonly AnsweredMedia[], { audio, video }: Record<Kind, KindOptions>): Agreement["kinds"] {
  return kindsOf(media, { audio: { options: audio }, video: { options: video } });
}

/** Gives each kind that is sent a source of its own, and all of them one stream. */
function withSources({ audio, video }: MediaOptions): Record<Kind, KindOptions> {
  const stream = randomUUID();
  const withSource = ({ send, ...rest }: MediaOptions["audio"]): KindOptions =>
    send ? { ...rest, sent: { ssrc: randomInt(1, 2 ** 32 - 1), msid: `${stream} ${randomUUID()}` } } : rest;
  return { audio: withSource(audio), video: withSource(video) };
}
