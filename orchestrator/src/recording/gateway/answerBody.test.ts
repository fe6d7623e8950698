import { expect, test } from "vitest";
import { USUAL_CODECS } from "../recorders/codecs.ts";
import { answerBody } from "./answerBody.ts";

const redirect = { address: "192.0.2.7", video: 5000, audio: 5002 };
const bandwidths = (limitKbps: number) => {
  const { constraints } = answerBody(USUAL_CODECS, redirect, { perLegKbps: limitKbps });
  return [constraints.video_params?.band_width, constraints.audio_params?.band_width];
};

test("a caller's bandwidth is unlimited unless a limit is set, which reserves enough for audio", () => {
  expect(bandwidths(0)).toEqual([0, 0]);
  expect(bandwidths(500)).toEqual([372, 0]);
});

test("a media kind that is not recorded is not received", () => {
  const { constraints, ...body } = answerBody({ audio: USUAL_CODECS.audio }, redirect);
  expect(constraints).toMatchObject({ videoReceiveEnabled: false, audioReceiveEnabled: true });
  const address = { ip_v4: redirect.address, port: redirect.audio };
  expect(body).toEqual({ redirect_params: { audio: address, audio_rtcp: address } });
});

test("without a recorder, media is held", () => {
  const { constraints: _, ...body } = answerBody(USUAL_CODECS, undefined);
  expect(body).toEqual({ hold: true });
});
