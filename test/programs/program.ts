import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { ApiClient } from "../../services/skyway-webrtc-gateway/src/testing/apiClient.ts";
import { UdpReceiver } from "../../services/skyway-webrtc-gateway/src/testing/udpReceiver.ts";

export const SIZE = { width: 320, height: 240 };
export const FRAMES_PER_SECOND = 15;
const ENCODERS = {
  VP8: "-c:v libvpx -deadline realtime -cpu-used 8 -b:v 300k",
  H264: "-c:v libx264 -preset ultrafast -tune zerolatency -profile:v baseline -pix_fmt yuv420p",
};

/** An ffmpeg process that sends a single-colour picture and a tone to ports of the gateway. */
export class Program implements AsyncDisposable {
  readonly feedback: UdpReceiver;
  readonly received: UdpReceiver;
  readonly #process: ChildProcess;
  readonly #codecs: { video: string; audio: string };
  readonly video: { media_id: string; rtcp_id: string };
  readonly audio: { media_id: string; rtcp_id: string };

  private constructor(
    process: ChildProcess,
    codecs: { video: string; audio: string },
    receivers: readonly [UdpReceiver, UdpReceiver],
    video: { media_id: string; rtcp_id: string },
    audio: { media_id: string; rtcp_id: string },
  ) {
    this.#process = process;
    this.#codecs = codecs;
    [this.feedback, this.received] = receivers;
    this.video = video;
    this.audio = audio;
  }

  static async open(
    gateway: ApiClient,
    colour: string,
    video: keyof typeof ENCODERS,
    audio: "OPUS" | "G711" = "OPUS",
  ): Promise<Program> {
    const post = async (path: string, body?: unknown) => {
      const created = await gateway.post(path, body);
      if (created.status !== 201) throw new Error(`${path} answered ${JSON.stringify(created)}`);
      return created.body;
    };
    const ports = {
      video: { ...(await post("/media", { is_video: true })), rtcp: await post("/media/rtcp") },
      audio: { ...(await post("/media", { is_video: false })), rtcp: await post("/media/rtcp") },
    };
    const to = ({ ip_v4, port, rtcp }: typeof ports.video) =>
      `-f rtp rtp://${ip_v4}:${port}?rtcpport=${rtcp.port}&pkt_size=1200`;
    const sound = audio === "OPUS" ? "-c:a libopus -ac 2" : "-c:a pcm_mulaw -ar 8000 -ac 1";
    const command = [
      "-hide_banner -loglevel error -re",
      `-f lavfi -i color=${colour}:size=${SIZE.width}x${SIZE.height}:rate=${FRAMES_PER_SECOND}`,
      "-re -f lavfi -i sine=frequency=440:sample_rate=48000,volume=4",
      `-map 0:v ${ENCODERS[video]} -g ${FRAMES_PER_SECOND} -payload_type 120 ${to(ports.video)}`,
      `-map 1:a ${sound} ${to(ports.audio)}`,
    ];
    const process = spawn("ffmpeg", command.join(" ").split(" "), { stdio: ["ignore", "ignore", "inherit"] });
    const ids = ({ media_id, rtcp }: typeof ports.video) => ({ media_id, rtcp_id: rtcp.rtcp_id });
    const receivers = [await UdpReceiver.open(), await UdpReceiver.open()] as const;
    return new Program(process, { video, audio }, receivers, ids(ports.video), ids(ports.audio));
  }

  get constraints() {
    const { video, audio } = this.#codecs;
    return {
      video: true,
      audio: true,
      video_params: { band_width: 1500, codec: video, ...this.video, payload_type: 100, sampling_rate: 90_000 },
      audio_params: { band_width: 0, codec: audio, ...this.audio, sampling_rate: audio === "OPUS" ? 48_000 : 8_000 },
    };
  }

  get redirectParams() {
    return { video: this.received.address, video_rtcp: this.feedback.address };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
    await this.feedback[Symbol.asyncDispose]();
    await this.received[Symbol.asyncDispose]();
  }
}
