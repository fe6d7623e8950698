import type { z } from "zod";
import type { Codecs } from "../../recorders/codecs.ts";
import type { RedirectTargets } from "../../recorders/redirect.ts";
import { GatewayError } from "../gatewayError.ts";
import type { JanusSession } from "./janusSession.ts";
import { Forwarded, Forwarders, Joined, type Publisher, RoomEvent } from "./messages.ts";

const PLUGIN = "janus.plugin.videoroom";

export interface RoomKeys {
  room: number;
  /** The secret of the room, also used as the admin key for RTP forwarding. */
  secret: string;
  /** Needed to join; undefined if the room has no PIN. */
  pin: string | undefined;
}

export interface Forwarder {
  streamId: number;
  /** The SSRC set by the forwarder; undefined if it keeps the publisher's own. */
  ssrc: number | undefined;
}

export interface ForwardOrder {
  publisherId: number;
  codecs: Codecs;
  redirect: RedirectTargets;
  ssrc: number;
  /** Whether the publisher uses simulcast; then the best available layer is forwarded. */
  simulcast: boolean;
}

/** A joined VideoRoom; the recorder is a participant without publications. */
export class VideoRoom {
  /** The publishers at the time of joining. */
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

  /** @throws GatewayError REFUSED if the room does not exist or the PIN is wrong. */
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
   * Forwards a publisher's media to a recorder. Janus requests a keyframe at the start.
   *
   * @throws GatewayError GONE if the publisher does not exist (any more).
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
      throw new GatewayError("GONE", "the publisher no longer sends media");
  }

  /** All forwarders by publisher, including those created by others. */
  async forwarders(): Promise<Map<number, Forwarder[]>> {
    const { publishers } = read(Forwarders, await this.#ask({ request: "listforwarders" }));
    return new Map(
      publishers.map(({ publisher_id, forwarders }) => [
        publisher_id,
        forwarders.map(({ stream_id, ssrc }) => ({ streamId: stream_id, ssrc })),
      ]),
    );
  }

  /** Stops all forwarders of a publisher with this SSRC; does nothing if there are none. */
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
  throw new GatewayError("NOT_UNDERSTOOD", "Janus sent an unexpected answer", { cause: parsed.error });
}
