import { afterEach, describe, expect, it } from "vitest";
import { emptyHeader, readHeader } from "../rtp/packet.ts";
import { AUDIO, SimulatedSender, VIDEO } from "../rtp/simulatedSender.ts";
import { cleanUp, connect, recorder, startGateway, timestamps } from "../testing/mediaSessions.ts";

afterEach(cleanUp);

const OTHER_SSRC = 0x3333_3333;
const OTHER_PAYLOAD_TYPE = 101;

/** The part of a description that describes one m-line. */
const sectionOf = (sdp: string, mid: string) =>
  sdp.split(/^(?=m=)/m).find((one) => one.includes(`a=mid:${mid}\r\n`)) ?? expect.fail(`no mid ${mid}`);

/** The m-line of this mid sends nothing. */
const without = (sdp: string, mid: string) =>
  sdp.replace(sectionOf(sdp, mid), (section) => section.replace("a=sendonly", "a=inactive"));

/** As a browser does that removes a track and adds it again: in one more m-line, with another source. */
function inAnotherLine(sdp: string, mid: string, newMid: string, payloadType?: number): string {
  const section = sectionOf(sdp, mid)
    .replace(`a=mid:${mid}`, `a=mid:${newMid}`)
    .replace("a=inactive", "a=sendonly")
    .replaceAll(/a=ssrc:\d+/g, `a=ssrc:${OTHER_SSRC}`);
  const renumbered =
    payloadType === undefined
      ? section
      : section
          .replace(/^(m=.*) \d+\r$/m, `$1 ${payloadType}\r`)
          .replaceAll(/^(a=(?:rtpmap|rtcp-fb|fmtp):)\d+/gm, `$1${payloadType}`);
  return `${sdp.replace(/^(a=group:BUNDLE .*)\r$/m, `$1 ${newMid}\r`)}${renumbered}`;
}

/** The m-line whose track was removed is used for another one (RFC 8829, section 5.2.2). */
function recycled(sdp: string, mid: string, newMid: string): string {
  return sdp
    .replace(sectionOf(sdp, mid), (section) =>
      section.replace(`a=mid:${mid}`, `a=mid:${newMid}`).replaceAll(/a=ssrc:\d+/g, `a=ssrc:${OTHER_SSRC}`),
    )
    .replace(/^(a=group:BUNDLE .*)\r$/m, (line) => line.replace(` ${mid}`, ` ${newMid}`));
}

const directionOf = (sdp: string, mid: string) => /a=(recvonly|inactive|sendonly)/.exec(sectionOf(sdp, mid))?.[1];

function sourcesOf(packets: readonly Buffer[]) {
  const header = emptyHeader();
  return packets.map((packet) => {
    readHeader(packet, header);
    return `${header.ssrc}/${header.payloadType}`;
  });
}

/** One more m-line beside the others, with another source. */
const withAnother = (sdp: string, mid: string, newMid: string) => inAnotherLine(sdp, mid, newMid);

async function start(options: Parameters<typeof connect>[1] = {}) {
  const [sessions, there] = [await startGateway(), await recorder()];
  const call = await connect(sessions, { ...there, ...options });
  const film = (sender: SimulatedSender, frames = 10) => {
    for (let count = 0; count < frames; count++) {
      for (const packet of sender.frame(33, 2)) call.peer.video.sendMessageBinary(packet);
    }
  };
  const recorded = (count: number) => expect.poll(() => there.video.packets.length, { timeout: 10_000 }).toBe(count);
  const trackOf = (kind: string) => call.session.tracks().find((track) => track.kind === kind);
  return { ...call, there, film, recorded, trackOf, offer: call.peer.offer };
}

describe("a track that is removed and added again", () => {
  it.each([
    ["with the same payload types", undefined],
    ["with other payload types", OTHER_PAYLOAD_TYPE],
  ])("in another m-line, %s, continues in the same recording", async (_, payloadType) => {
    const { session, offer, film, recorded, there, events } = await start();
    film(new SimulatedSender(VIDEO));
    await recorded(20);
    expect(directionOf(await session.renegotiate(without(offer, "1")), "1")).toBe("inactive");
    const back = inAnotherLine(without(offer, "1"), "1", "2", payloadType);
    const answer = await session.renegotiate(back);
    expect([directionOf(answer, "1"), directionOf(answer, "2")]).toEqual(["inactive", "recvonly"]);

    const other = { ...VIDEO, ssrc: OTHER_SSRC, ...(payloadType && { payloadType, rtx: undefined }) };
    film(new SimulatedSender(other as typeof VIDEO));
    await recorded(40); // a source that replaces another one may wait for its end
    expect(new Set(sourcesOf(there.video.packets))).toEqual(new Set([`${VIDEO.ssrc}/${VIDEO.payloadType}`]));
    expect(events.filter((event) => event.startsWith("stream"))).toEqual(["stream audio", "stream video"]);
  });

  it("in the m-line that another track had, continues in the same recording", async () => {
    const { session, offer, film, recorded } = await start();
    film(new SimulatedSender(VIDEO));
    await recorded(20);
    const stopped = sectionOf(offer, "1").replace(/^m=video \d+/, "m=video 0");
    await session.renegotiate(offer.replace(sectionOf(offer, "1"), stopped).replace(/(BUNDLE 0) 1/, "$1"));
    const answer = await session.renegotiate(recycled(offer, "1", "7"));
    expect(directionOf(answer, "7")).toBe("recvonly");
    film(new SimulatedSender({ ...VIDEO, ssrc: OTHER_SSRC }));
    await expect.poll(() => session.tracks()[1]?.counters.packetsRedirected, { timeout: 10_000 }).toBe(40);
  });

  it("whose m-line carries the transport is continued on another transport, which Chromium begins then", async () => {
    const { session, offer, answer } = await start();
    const closed = sectionOf(offer, "0").replace(/^m=audio \d+/, "m=audio 0");
    const stopped = offer.replace(sectionOf(offer, "0"), closed).replace(/(BUNDLE) 0/, "$1");
    const other = await session.renegotiate(stopped);
    const credentials = (sdp: string) => /a=ice-ufrag:(.*)\r/.exec(sdp)?.[1];
    expect(credentials(other)).toBeDefined();
    expect(credentials(other)).not.toBe(credentials(answer));
    expect(directionOf(other, "1")).toBe("recvonly");
    const back = recycled(offer, "0", "5").replace(/(BUNDLE) 5 1/, "$1 1 5");
    expect(credentials(await session.renegotiate(back))).toBe(credentials(other));
    const first = back.replace("BUNDLE 1 5", "BUNDLE 5 1");
    expect(credentials(await session.renegotiate(first))).not.toBe(credentials(other));
  });

  it("in the same m-line, continues; and what came before stays in the report while it is away", async () => {
    const { session, offer, film, recorded, trackOf } = await start();
    const camera = new SimulatedSender(VIDEO);
    film(camera);
    await recorded(20);
    const first = trackOf("video")?.clock?.firstRtpTimestamp;
    expect(first).toBeDefined();
    await session.renegotiate(without(offer, "1"));
    expect(trackOf("video")).toMatchObject({ clock: { firstRtpTimestamp: first }, negotiated: { codec: "VP8" } });
    expect(directionOf(await session.renegotiate(offer), "1")).toBe("recvonly");
    film(camera);
    await recorded(40);
  });

  it("with a codec that the recorder was not started for is not received", async () => {
    const { session, offer } = await start();
    const line = inAnotherLine(without(offer, "1"), "1", "2");
    const answer = await session.renegotiate(
      line.replace(sectionOf(line, "2"), (section) => section.replace("VP8/90000", "AV1/90000")),
    );
    expect(directionOf(answer, "2")).toBe("inactive");
  });
});

describe("a kind that comes later", () => {
  const late = {
    offer: (sdp: string) => without(sdp, "1"),
    answer: (sdp: string) => sdp.replace("a=inactive", "a=recvonly"),
  };

  it("is received from then on, in its m-line", async () => {
    const { session, offer, film, there, events, trackOf } = await start(late);
    expect(trackOf("video")).toBeUndefined();
    expect(directionOf(await session.renegotiate(offer), "1")).toBe("recvonly");
    const camera = new SimulatedSender(VIDEO);
    film(camera);
    await expect.poll(() => there.video.packets.length).toBe(20);
    expect([...new Set(timestamps(there.video.packets))]).toEqual(camera.frames);
    expect(events).toEqual(["ready", "stream audio", "stream video"]);
    expect(trackOf("video")).toMatchObject({ clock: { source: "arrival" }, negotiated: { codec: "VP8" } });
  });

  it("is received in a new m-line too, with the payload type that the answer wished for", async () => {
    const [sessions, there] = [await startGateway(), await recorder()];
    const wish = { codec: "VP8", payloadType: 126 };
    const { session, peer } = await connect(sessions, { ...there, ...late, videoWishes: { receive: true, wish } });
    const answer = await session.renegotiate(inAnotherLine(without(peer.offer, "1"), "1", "2"));
    expect(directionOf(answer, "2")).toBe("recvonly");
    for (const packet of new SimulatedSender({ ...VIDEO, ssrc: OTHER_SSRC }).frame(33, 2))
      peer.video.sendMessageBinary(packet);
    await expect.poll(() => new Set(sourcesOf(there.video.packets))).toEqual(new Set([`${OTHER_SSRC}/126`]));
  });

  it("is held while the call has no recorder, and goes to the next one", async () => {
    const { session, offer, film, there, trackOf } = await start(late);
    session.redirect({});
    await session.renegotiate(offer);
    film(new SimulatedSender(VIDEO));
    await expect.poll(() => trackOf("video")?.counters.packetsReceived).toBe(20);
    session.redirect(there.redirects);
    await expect.poll(() => there.video.packets.length).toBe(20);
  });

  it("is not received if the answer did not wish for it", async () => {
    const [sessions, there] = [await startGateway(), await recorder()];
    const { session, peer } = await connect(sessions, { ...there, ...late, videoWishes: { receive: false } });
    expect(directionOf(await session.renegotiate(peer.offer), "1")).toBe("inactive");
  });

  it("may be audio", async () => {
    const { session, peer, offer, there } = await start({
      offer: (sdp) => without(sdp, "0"),
      answer: late.answer,
    });
    expect(directionOf(await session.renegotiate(offer), "0")).toBe("recvonly");
    const microphone = new SimulatedSender(AUDIO);
    for (let count = 0; count < 5; count++)
      for (const packet of microphone.frame(20)) peer.audio.sendMessageBinary(packet);
    await expect.poll(() => there.audio.packets.length).toBe(5);
  });
});

describe("several tracks of a kind", () => {
  const screen = () => new SimulatedSender({ ...VIDEO, ssrc: OTHER_SSRC });
  const toPeer = (sdp: string) =>
    sdp
      .split(/^(?=m=)/m)
      .filter((one) => !one.includes("a=mid:2"))
      .join("")
      .replace(" 2\r", "\r");
  const two = { maxTracks: 4, offer: (sdp: string) => withAnother(sdp, "1", "2"), answer: toPeer };

  it("are received and announced when they send, held from their start, and redirected separately", async () => {
    const { session, answer, film, recorded, there, events, additional } = await start(two);
    expect(["1", "2"].map((mid) => directionOf(answer, mid))).toEqual(["recvonly", "recvonly"]);
    const [camera, other] = [new SimulatedSender(VIDEO), screen()];
    film(camera);
    await recorded(20);
    expect(additional).toEqual([]);
    film(other);
    await expect.poll(() => additional.length).toBe(1);
    film(camera);
    await recorded(40);
    const beside = await recorder();
    await expect.poll(() => additional[0]?.tracks()[0]?.counters.packetsReceived).toBe(20);
    additional[0]?.redirect(beside.redirects);
    await expect.poll(() => beside.video.packets.length).toBe(20);
    expect([...new Set(timestamps(beside.video.packets))]).toEqual(other.frames);
    expect([...new Set(timestamps(there.video.packets))]).toEqual(camera.frames);
    expect(additional[0]?.tracks()).toMatchObject([{ kind: "video", offered: [{ codec: "VP8" }], clock: {} }]);
    expect(session.tracks()).toHaveLength(2);
    expect(session.surplus()).toEqual([]);
    expect(events.filter((event) => event.startsWith("stream"))).toEqual(["stream audio", "stream video"]);
  });

  it("come in mid-call and go again: only these end, with BYE", async () => {
    const { session, offer, film, recorded, additional, events } = await start({ maxTracks: 4 });
    const answer = await session.renegotiate(withAnother(offer, "1", "2"));
    expect(directionOf(answer, "2")).toBe("recvonly");
    film(screen());
    await expect.poll(() => additional.length).toBe(1);
    const beside = await recorder();
    const ended: string[] = [];
    if (additional[0]) additional[0].onEnded = (reason) => ended.push(reason);
    additional[0]?.redirect(beside.redirects);
    await session.renegotiate(without(withAnother(offer, "1", "2"), "2"));
    await expect.poll(() => ended).toEqual(["track_removed"]);
    await expect.poll(() => beside.videoRtcp.packets.length).toBe(1);
    film(new SimulatedSender(VIDEO));
    await recorded(20);
    expect(events).not.toContainEqual(expect.stringMatching(/^ended/));
  });

  it("stay apart when the first one stops and a new one comes: the new one takes its place", async () => {
    const { session, offer, film, recorded, additional } = await start({ maxTracks: 4 });
    const both = withAnother(offer, "1", "2");
    await session.renegotiate(both);
    film(screen());
    await expect.poll(() => additional.length).toBe(1);
    const answer = await session.renegotiate(without(both, "1"));
    expect(["1", "2"].map((mid) => directionOf(answer, mid))).toEqual(["inactive", "recvonly"]);
    film(screen());
    film(new SimulatedSender({ ...VIDEO, ssrc: OTHER_SSRC + 1 })); // of no known m-line
    const third = inAnotherLine(without(both, "1"), "1", "3").replaceAll(
      new RegExp(`(a=mid:3[^]*)a=ssrc:${OTHER_SSRC}`, "g"),
      `$1a=ssrc:${OTHER_SSRC + 1}`,
    );
    expect(directionOf(await session.renegotiate(third), "3")).toBe("recvonly");
    await recorded(20);
    expect(additional).toHaveLength(1);
  });

  it("end with the call, and what was held is passed on to a receiver that comes then", async () => {
    const { session, film, additional } = await start(two);
    film(screen());
    await expect.poll(() => additional.length).toBe(1);
    const ended: string[] = [];
    if (additional[0]) additional[0].onEnded = (reason) => ended.push(reason);
    await session.end("force_close");
    const beside = await recorder();
    additional[0]?.redirect(beside.redirects);
    await expect.poll(() => ended).toEqual(["force_close"]);
    await expect.poll(() => beside.videoRtcp.packets.length).toBe(1);
    expect(beside.video.packets.length).toBe(20);
  });

  it("may be deleted alone", async () => {
    const { film, recorded, additional } = await start(two);
    film(screen());
    await expect.poll(() => additional.length).toBe(1);
    await additional[0]?.end("deleted");
    film(screen());
    film(new SimulatedSender(VIDEO));
    await recorded(20);
  });

  it("are told, and not received, beyond the number that the answer allows", async () => {
    for (const maxTracks of [0, 2]) {
      const { session, answer } = await start({ ...two, maxTracks });
      expect(directionOf(answer, "2")).toBe("inactive");
      expect(session.surplus()).toEqual(["video"]);
    }
  });

  it("are told, and not received, if nothing distinguishes them", async () => {
    const offer = (sdp: string) =>
      withAnother(sdp, "1", "2").replaceAll(new RegExp(`a=ssrc:${OTHER_SSRC}.*\r\n`, "g"), "");
    const { session, answer } = await start({ ...two, offer });
    expect(directionOf(answer, "2")).toBe("inactive");
    expect(session.surplus()).toEqual(["video"]);
  });
});
