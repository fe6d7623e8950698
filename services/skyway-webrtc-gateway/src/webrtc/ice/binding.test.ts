import { describe, expect, test } from "vitest";
import { type Binding, isFrom, isStun, readBinding, writeCheck, writeRoleConflict, writeSuccess } from "./binding.ts";

/** RFC 5769, section 2. */
const PASSWORD = "VOkJxbRl1RmTxUk/WvJxBt";
const TRANSACTION = "b7e7a701bc34d686fa87dfae";
const REQUEST = hex(
  "000100582112a442",
  TRANSACTION,
  "802200105354554e207465737420636c69656e74",
  "002400046e0001ff",
  "80290008932ff9b151263b36",
  "000600096576746a3a68367659202020",
  "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2",
  "80280004e57a3bcf",
);
const RESPONSE = hex(
  "0101003c2112a442",
  TRANSACTION,
  "8022000b7465737420766563746f7220",
  "002000080001a147e112a643",
  "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7",
  "80280004c07d4c96",
);
const MAPPED_IPV4 = "002000080001a147e112a643";
const MAPPED_IPV6 = "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9";

describe("the messages of RFC 5769", () => {
  test("are parsed, and only their own password matches their integrity", () => {
    const request = read(REQUEST);
    expect(request).toMatchObject({
      type: "request",
      username: ["evtj", "h6vY"],
      priority: 0x6e0001ff,
      role: "controlled",
      nominates: false,
    });
    expect(isFrom(request, PASSWORD)).toBe(true);
    expect(isFrom(request, `${PASSWORD} `)).toBe(false);
    expect(read(RESPONSE).type).toBe("success");
    expect(isFrom(read(RESPONSE), PASSWORD)).toBe(true);
  });

  test("are refused if one bit is changed", () => {
    for (let bit = 0; bit < REQUEST.length * 8; bit++) {
      const changed = Buffer.from(REQUEST);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      const binding = readBinding(changed);
      const isFingerprint = bit >> 3 >= REQUEST.length - 8;
      if (!isFingerprint) expect(binding !== undefined && isFrom(binding, PASSWORD), `bit ${bit}`).toBe(false);
    }
  });

  test("have the same addresses as our messages", () => {
    const request = read(REQUEST);
    const ipv4 = writeSuccess(request, { host: "192.0.2.1", port: 32_853 }, PASSWORD);
    expect(ipv4.toString("hex")).toContain(MAPPED_IPV4);
    for (const host of ["2001:db8:1234:5678:11:2233:4455:6677", "2001:db8:1234:5678:11:2233:4455:6677%eth0"]) {
      const ipv6 = writeSuccess(request, { host, port: 32_853 }, PASSWORD);
      expect(ipv6.toString("hex")).toContain(MAPPED_IPV6);
    }
    const loopback = writeSuccess(request, { host: "::1", port: 32_853 }, PASSWORD);
    // The last byte of ::1 XOR the last byte of the transaction id.
    expect(loopback.toString("hex")).toContain(`0002a1472112a442${TRANSACTION.slice(0, -2)}af`);
  });
});

test("written messages are parsed with the same values", () => {
  const transactionId = Buffer.from(TRANSACTION, "hex");
  const parameters = { transactionId, username: "ours:theirs", password: PASSWORD };
  const check = { ...parameters, priority: 2 ** 31 - 1, tieBreaker: 1n };
  const nomination = read(writeCheck({ ...check, role: "controlling" }));
  expect(nomination).toMatchObject({
    type: "request",
    username: ["ours", "theirs"],
    priority: 2 ** 31 - 1,
    role: "controlling",
    nominates: true,
  });
  expect(isFrom(nomination, PASSWORD)).toBe(true);
  const question = read(writeCheck({ ...check, role: "controlled" }));
  expect(question).toMatchObject({ role: "controlled", nominates: false });
  const refusal = read(writeRoleConflict(nomination, PASSWORD));
  expect(refusal.type).toBe("error");
  expect(refusal.transactionId).toEqual(transactionId);
  expect(isFrom(refusal, PASSWORD)).toBe(true);
});

test("other messages and truncated ones are refused", () => {
  for (const length of Array(REQUEST.length).keys()) expect(readBinding(REQUEST.subarray(0, length))).toBeUndefined();
  const allocate = Buffer.from(REQUEST);
  allocate.writeUInt16BE(0x0003, 0);
  expect(readBinding(allocate)).toBeUndefined();
  expect(isStun(REQUEST)).toBe(true);
  const [dtls, srtp] = [Buffer.from([22, 254, 253]), Buffer.from([0x80, 96])];
  expect([dtls, srtp, Buffer.alloc(0)].map(isStun)).toEqual([false, false, false]);
});

function read(datagram: Buffer): Binding {
  return readBinding(datagram) ?? expect.fail("no binding");
}

function hex(...parts: string[]): Buffer {
  return Buffer.from(parts.join(""), "hex");
}
