import { z } from "zod";

const HOST = "[A-Za-z0-9.-]+(:\\d{1,5})?";
const RTMP = new RegExp(`^rtmps?://${HOST}/[A-Za-z0-9._/-]+$`);
const SRT = new RegExp(`^srt://${HOST}$`);
const name = z.string().regex(/^[a-z0-9-]{1,40}$/, "is not a name: 1 to 40 lower-case letters, digits and hyphens");
const secret = z
  .string()
  .regex(/^[\x21-\x7e]{1,512}$/, "may contain only letters, digits and punctuation characters, without spaces");

/** A server that live streams are pushed to, in `live.push` of the configuration file. */
export const PushTarget = z.union(
  [
    z.strictObject({
      name,
      url: z.string().regex(RTMP),
      key: secret,
      /** Whether an rtmps server needs a valid certificate for its host name. */
      verifyCertificate: z.boolean().default(true),
    }),
    z.strictObject({
      name,
      url: z.string().regex(SRT),
      streamId: secret.optional(),
      /** SRT requires 10 to 79 characters. */
      passphrase: secret.min(10).max(79).optional(),
    }),
  ],
  "is neither rtmp(s)://host/app with a key, nor srt://host:port with a streamId and a passphrase; the URL must not contain secrets",
);
export type PushTarget = z.infer<typeof PushTarget>;

/** The same in the format of services/live: a URL that may be shown, and ffmpeg options that are secret. */
export function pushOrder(target: PushTarget) {
  const { name, url } = target;
  if ("key" in target) {
    const app = url.replace(/^rtmps?:\/\/[^/]+\//, "");
    const tls = url.startsWith("rtmps:") && { verifyCertificate: target.verifyCertificate };
    return { name, url, format: "flv" as const, ...tls, options: { rtmp_app: app, rtmp_playpath: target.key } };
  }
  const { streamId, passphrase } = target;
  const options = { ...(streamId && { streamid: streamId }), ...(passphrase && { passphrase }) };
  return { name, url, format: "mpegts" as const, options };
}
