import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { signedHeaders, signingKey } from "./signature.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

test("the reference library accepts the signature", () => {
  const body = JSON.stringify({ id: "msg_1", type: "call.ready", data: { peer: "ü & \n" } });
  const key = signingKey(SECRET) ?? Buffer.alloc(0);
  const headers = signedHeaders(key, "msg_1", new Date(), body);
  expect(new Webhook(SECRET).verify(body, headers)).toEqual(JSON.parse(body));
  expect(() => new Webhook(SECRET).verify(`${body} `, headers)).toThrow();
  expect(() => new Webhook(SECRET).verify(body, { ...headers, "webhook-id": "msg_2" })).toThrow();
});

test("the signature of the standard's example is reproduced", () => {
  const key = signingKey(SECRET) ?? Buffer.alloc(0);
  const body = '{"test": 2432232314}';
  const headers = signedHeaders(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", new Date(1_614_265_330_000), body);
  expect(headers["webhook-signature"]).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});

describe("a secret", () => {
  const withBytes = (count: number) => `whsec_${Buffer.alloc(count, 7).toString("base64")}`;

  test.each([24, 32, 64])("may have %d bytes", (count) => {
    expect(signingKey(withBytes(count))).toHaveLength(count);
  });

  test.each([withBytes(23), withBytes(65), "", "whsec_", "secret", "whsec_!!!", SECRET.slice(6)])(
    "is not %j",
    (secret) => {
      expect(signingKey(secret)).toBeUndefined();
    },
  );
});
