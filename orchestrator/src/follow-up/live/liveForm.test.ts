import { expect, test } from "vitest";
import { LiveConfiguration, liveOrderOf, showsPictures, soundOf } from "./liveForm.ts";
import { pushOrder } from "./pushTarget.ts";

const outputs = (configured: object, ...metadata: unknown[]) =>
  liveOrderOf(LiveConfiguration.parse(configured), metadata)?.form.outputs;

test("calls are streamed as configured, and not by default", () => {
  expect(outputs({})).toBe(undefined);
  expect(outputs({ outputs: ["hls", "dash"] }, { live: false })).toEqual(["hls", "dash"]);
});

test.each<[unknown, string[] | undefined]>([
  [{ live: "dash" }, ["dash"]],
  [{ live: ["hls"] }, ["hls"]],
  [{ live: false }, undefined],
  [{ live: "rtmp://elsewhere" }, undefined],
  [{}, ["hls", "dash"]],
  ["text", ["hls", "dash"]],
])("callers may choose: %j", (metadata, expected) => {
  expect(outputs({ outputs: ["hls", "dash"], callersChoose: true }, "", metadata)).toEqual(expected);
});

test("callers can choose only configured outputs", () => {
  expect(outputs({ outputs: ["hls"], callersChoose: true }, { live: "dash" })).toBe(undefined);
});

test("audio can be chosen like any other output, and remains when the limit of streams is reached", () => {
  const configured = LiveConfiguration.parse({ outputs: ["hls", "audio"], callersChoose: true });
  const [both, sound, picture] = [{}, { live: "audio" }, { live: "hls" }].map((one) => liveOrderOf(configured, [one]));
  if (!both || !sound || !picture) throw new Error("nothing was wanted");
  expect([both, sound, picture].map(showsPictures)).toEqual([true, false, true]);
  expect([both, sound].map((order) => soundOf(order)?.form.outputs)).toEqual([["audio"], ["audio"]]);
  expect(soundOf(picture)).toBe(undefined);
  expect(sound.form.audio).toEqual({ per: "leg", format: "opus", segmentSeconds: 5, sampleRate: 16_000 });
});

test.each([{ segmentSeconds: 0 }, { segmentSeconds: 61 }, { sampleRate: 44_100 }, { format: "mp3" }, { per: "peer" }])(
  "audio settings %j are refused",
  (audio) => expect(LiveConfiguration.safeParse({ audio }).success).toBe(false),
);

test.each([{ outputs: ["rtmp"] }, { outputs: ["hls", "hls"] }, { outputs: ["hls"], width: 641 }, { frameRate: 60 }])(
  "settings %j are refused",
  (configured) => expect(LiveConfiguration.safeParse(configured).success).toBe(false),
);

const TV = { name: "tv", url: "rtmps://live.example/app/second", key: "s3cret" };
const LAB = {
  name: "lab",
  url: "srt://10.0.0.7:9000",
  streamId: "#!::r=call",
  passphrase: "long enough".replace(" ", "-"),
};

test("a server gets one call at a time, and callers may choose the server", () => {
  const configuration = LiveConfiguration.parse({ push: [TV, LAB], callersChoose: true });
  expect(liveOrderOf(configuration, [])?.pushes).toEqual(["tv", "lab"]);
  expect(liveOrderOf(configuration, [], ["tv"])?.pushes).toEqual(["lab"]);
  expect(liveOrderOf(configuration, [{ live: ["hls", "lab"] }])?.pushes).toEqual(["lab"]);
  expect(liveOrderOf(configuration, [{ live: "lab" }], ["lab"])).toBe(undefined);
});

test("a server's secrets are options and not in its URL", () => {
  expect(pushOrder(TV)).toEqual({
    ...{ name: "tv", url: TV.url, format: "flv" },
    options: { rtmp_app: "app/second", rtmp_playpath: "s3cret" },
  });
  expect(pushOrder(LAB)).toMatchObject({ format: "mpegts", options: { streamid: LAB.streamId } });
});

test.each([
  { ...TV, url: "rtmp://user:password@live.example/app" },
  { ...TV, url: "rtmp://live.example/app?key=s3cret" },
  { ...TV, url: "https://live.example/app" },
  { ...TV, key: "two words" },
  { name: "tv", url: TV.url },
  { ...LAB, url: "srt://10.0.0.7:9000?passphrase=x" },
  { ...LAB, passphrase: "short" },
])("server %j is refused", (target) => expect(LiveConfiguration.safeParse({ push: [target] }).success).toBe(false));
