import type { z } from "zod";
import type { Codecs } from "../../recorders/codecs.ts";
import type { RedirectTargets } from "../../recorders/redirect.ts";
import { GatewayError } from "../gatewayError.ts";
import type { JanusSession } from "./janusSession.ts";
import { Forwarded, Forwarders, Joined, type Publisher, RoomEvent } from "./messages.ts";

const PLUGIN = "janus.plugin.videoroom";

export interface RoomKeys {
  room: number;
  /** The room's own, and the one that forwarding is locked by. */
  secret: string;
  /** What it takes to join; undefined where it takes nothing. */
  pin: string | undefined;
}

export interface Forwarder {
  streamId: number;
  /** As which SSRC it forwards; undefined where it leaves the publisher's own. */
  ssrc: number | undefined;
}

export interface ForwardOrder {
  publisherId: number;
  codecs: Codecs;
  redirect: RedirectTargets;
  ssrc: number;
  /** The best layer at each moment, of a publisher that sends several. */
  simulcast: boolean;
}

/** A VideoRoom that we are in, as a participant who publishes nothing. */
export class VideoRoom {
  /** Who published when we came in. */
  readonly publishers: readonly Publisher[];
  readonly session: JanusSession;
  readonly #handle: number;
  readonly #keys: RoomKeys;

  private constructor(session: JanusSession, handle: number, keys: RoomKeys, publishers: readonly Publisher[]) {
    this.session = session;
    this.#handle = handle;
    this.#keys = keys;
    this.publishers = publishers;
  }

  /** @throws GatewayError REFUSED when there is no such room, or the PIN is wrong. */
  static async join(session: JanusSession, keys: RoomKeys, onEvent: (event: RoomEvent) => void): Promise<VideoRoom> {
    const handle = await session.attach(PLUGIN, (data) => {
      const { success, data: event } = RoomEvent.safeParse(data);
      if (success) onEvent(event);
    });
    const { room, pin } = keys;
    const body = { request: "join", ptype: "publisher", room, display: "recorder", ...(pin && { pin }) };
    const { publishers } = read(Joined, await session.ask(handle, body));
    return new VideoRoom(session, handle, keys, publishers);
  }

  /**
   * Sends what somebody publishes to a recorder as well. Janus asks the publisher for a keyframe as it begins.
   *
   * @throws GatewayError GONE when nobody of that id publishes (any more).
   */
  async forward({ publisherId, codecs, redirect, ssrc, simulcast }: ForwardOrder): Promise<void> {
    const { audio, video } = codecs;
    const answer = await this.#ask({
      request: "rtp_forward",
      admin_key: this.#keys.secret,
      publisher_id: publisherId,
      host: redirect.address,
      host_family: "ipv4",
      ...(audio && { audio_port: redirect.audio, audio_pt: audio.payloadType, audio_ssrc: ssrc }),
      ...(video && { video_port: redirect.video, video_pt: video.payloadType, video_ssrc: ssrc, simulcast }),
    });
    const { rtp_stream } = read(Forwarded, answer);
    if (rtp_stream.audio_stream_id === undefined && rtp_stream.video_stream_id === undefined)
      throw new GatewayError("GONE", "nothing is published any more");
  }

  /** By publisher, whoever made them. */
  async forwarders(): Promise<Map<number, Forwarder[]>> {
    const { publishers } = read(Forwarders, await this.#ask({ request: "listforwarders" }));
    return new Map(
      publishers.map(({ publisher_id, forwarders }) => [
        publisher_id,
        forwarders.map(({ stream_id, ssrc }) => ({ streamId: stream_id, ssrc })),
      ]),
    );
  }

  /** Ends all forwarding of a publisher as one SSRC. That there is none is no error. */
  async stop(publisherId: number, ssrc: number): Promise<void> {
    const all = (await this.forwarders()).get(publisherId) ?? [];
    for (const { streamId } of all.filter((one) => one.ssrc === ssrc)) {
      await this.#ask({
        request: "stop_rtp_forward",
        admin_key: this.#keys.secret,
        publisher_id: publisherId,
        stream_id: streamId,
      });
    }
  }

  #ask(body: object): Promise<unknown> {
    const { room, secret } = this.#keys;
    return this.session.ask(this.#handle, { ...body, room, secret });
  }
}

function read<Schema extends z.ZodType>(schema: Schema, data: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new GatewayError("NOT_UNDERSTOOD", "Janus answered something else", { cause: parsed.error });
}
