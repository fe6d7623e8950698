import { createHmac, timingSafeEqual } from "node:crypto";
import { isIPv4 } from "node:net";
import { crc32 } from "node:zlib";
import type { Address } from "../../rtp/redirectSocket.ts";

/** STUN Binding messages (RFC 8489), as ICE uses them (RFC 8445, sections 7 and 16). */

const HEADER_BYTES = 20;
const MAGIC_COOKIE = 0x2112a442;
const TRANSACTION_ID_BYTES = 12;
const INTEGRITY_BYTES = 20;
const FINGERPRINT_XOR = 0x5354554e;
/** An attribute's type and length. */
const ATTRIBUTE_HEADER_BYTES = 4;

const MESSAGE_TYPES = { request: 0x0001, success: 0x0101, error: 0x0111 } as const;
const ATTRIBUTES = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  useCandidate: 0x0025,
  fingerprint: 0x8028,
  iceControlled: 0x8029,
  iceControlling: 0x802a,
} as const;

export type BindingType = keyof typeof MESSAGE_TYPES;

/** A parsed Binding message. */
export interface Binding {
  type: BindingType;
  transactionId: Buffer;
  /** In a request: the receiver's user fragment, then the sender's. */
  username: readonly [receiver: string, sender: string] | undefined;
  /** 0: absent. */
  priority: number;
  /** The sender wants this pair to be used. */
  nominates: boolean;
  role: "controlling" | "controlled" | undefined;
  /** The offset of MESSAGE-INTEGRITY in `datagram`; undefined if absent. */
  integrityAt: number | undefined;
  datagram: Buffer;
}

/** STUN shares its port with DTLS and SRTP. Its first byte distinguishes it (RFC 7983). */
export function isStun(datagram: Buffer): boolean {
  return datagram.length > 0 && (datagram[0] as number) < 4;
}

/** @returns undefined if it is no Binding message: another method, truncated, or no STUN. */
export function readBinding(datagram: Buffer): Binding | undefined {
  if (datagram.length < HEADER_BYTES || datagram.readUInt32BE(4) !== MAGIC_COOKIE) return undefined;
  if (datagram.readUInt16BE(2) !== datagram.length - HEADER_BYTES) return undefined;
  const type = typeOf(datagram.readUInt16BE(0));
  if (type === undefined) return undefined;
  const binding: Binding = {
    type,
    transactionId: datagram.subarray(8, HEADER_BYTES),
    username: undefined,
    priority: 0,
    nominates: false,
    role: undefined,
    integrityAt: undefined,
    datagram,
  };
  for (let at = HEADER_BYTES; at < datagram.length; ) {
    if (at + ATTRIBUTE_HEADER_BYTES > datagram.length) return undefined;
    const attribute = datagram.readUInt16BE(at);
    const length = datagram.readUInt16BE(at + 2);
    const value = datagram.subarray(at + ATTRIBUTE_HEADER_BYTES, at + ATTRIBUTE_HEADER_BYTES + length);
    if (value.length < length) return undefined;
    // The integrity does not cover attributes after it (RFC 8489, section 14.5).
    if (binding.integrityAt === undefined) readAttribute(binding, attribute, value, at);
    at += ATTRIBUTE_HEADER_BYTES + padded(length);
  }
  return binding;
}

function typeOf(number: number): BindingType | undefined {
  return (Object.keys(MESSAGE_TYPES) as BindingType[]).find((type) => MESSAGE_TYPES[type] === number);
}

function readAttribute(binding: Binding, attribute: number, value: Buffer, at: number): void {
  switch (attribute) {
    case ATTRIBUTES.username: {
      const [receiver, sender] = value.toString("utf8").split(":");
      if (receiver !== undefined && sender !== undefined) binding.username = [receiver, sender];
      break;
    }
    case ATTRIBUTES.messageIntegrity:
      if (value.length === INTEGRITY_BYTES) binding.integrityAt = at;
      break;
    case ATTRIBUTES.priority:
      if (value.length === 4) binding.priority = value.readUInt32BE(0);
      break;
    case ATTRIBUTES.useCandidate:
      binding.nominates = true;
      break;
    case ATTRIBUTES.iceControlled:
      binding.role = "controlled";
      break;
    case ATTRIBUTES.iceControlling:
      binding.role = "controlling";
  }
}

/** Whether the sender of a message knows the password (RFC 8489, section 9.1.3). */
export function isFrom({ datagram, integrityAt }: Binding, password: string): boolean {
  if (integrityAt === undefined) return false;
  const start = integrityAt + ATTRIBUTE_HEADER_BYTES;
  const theirs = datagram.subarray(start, start + INTEGRITY_BYTES);
  return timingSafeEqual(theirs, integrity(datagram.subarray(0, integrityAt), password));
}

export interface CheckParameters {
  transactionId: Buffer;
  /** `receiver:sender` */
  username: string;
  /** The receiver's. */
  password: string;
  priority: number;
  /** 64 bits. The agent with the larger one keeps its role (RFC 8445, section 7.3.1.1). */
  tieBreaker: bigint;
  /** The controlling agent nominates its pair at once. */
  role: "controlling" | "controlled";
}

/** A check of a pair (RFC 8445, section 7.2.2). */
export function writeCheck({ transactionId, username, password, priority, tieBreaker, role }: CheckParameters): Buffer {
  const priorityValue = Buffer.alloc(4);
  priorityValue.writeUInt32BE(priority);
  const tieBreakerValue = Buffer.alloc(8);
  tieBreakerValue.writeBigUInt64BE(tieBreaker);
  const attributes = [
    attribute(ATTRIBUTES.username, Buffer.from(username)),
    attribute(ATTRIBUTES.priority, priorityValue),
    ...(role === "controlled"
      ? [attribute(ATTRIBUTES.iceControlled, tieBreakerValue)]
      : [attribute(ATTRIBUTES.iceControlling, tieBreakerValue), attribute(ATTRIBUTES.useCandidate, Buffer.alloc(0))]),
  ];
  return write("request", transactionId, attributes, password);
}

/** The answer to a request, with the address that it came from. */
export function writeSuccess({ transactionId }: Binding, from: Address, password: string): Buffer {
  const mapped = attribute(ATTRIBUTES.xorMappedAddress, xorAddress(from, transactionId));
  return write("success", transactionId, [mapped], password);
}

/** Tells the other side to switch its role: error 487 (RFC 8445, section 7.3.1.1). */
export function writeRoleConflict({ transactionId }: Binding, password: string): Buffer {
  const code = Buffer.concat([Buffer.from([0, 0, 4, 87]), Buffer.from("Role Conflict")]);
  return write("error", transactionId, [attribute(ATTRIBUTES.errorCode, code)], password);
}

function write(type: BindingType, transactionId: Buffer, attributes: Buffer[], password: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES - TRANSACTION_ID_BYTES);
  header.writeUInt16BE(MESSAGE_TYPES[type], 0);
  header.writeUInt32BE(MAGIC_COOKIE, 4);
  const unsigned = Buffer.concat([header, transactionId, ...attributes]);
  const signed = Buffer.concat([unsigned, attribute(ATTRIBUTES.messageIntegrity, integrity(unsigned, password))]);
  const fingerprint = Buffer.alloc(4);
  const message = Buffer.concat([signed, attribute(ATTRIBUTES.fingerprint, fingerprint)]);
  message.writeUInt16BE(message.length - HEADER_BYTES, 2);
  const covered = message.subarray(0, signed.length);
  message.writeUInt32BE((crc32(covered) ^ FINGERPRINT_XOR) >>> 0, message.length - fingerprint.length);
  return message;
}

/** Covers everything before the attribute, with a header length that includes the attribute (RFC 8489, section 14.5). */
function integrity(before: Buffer, password: string): Buffer {
  const covered = Buffer.from(before);
  covered.writeUInt16BE(covered.length - HEADER_BYTES + ATTRIBUTE_HEADER_BYTES + INTEGRITY_BYTES, 2);
  return createHmac("sha1", password).update(covered).digest();
}

function attribute(type: number, value: Buffer): Buffer {
  const written = Buffer.alloc(ATTRIBUTE_HEADER_BYTES + padded(value.length));
  written.writeUInt16BE(type, 0);
  written.writeUInt16BE(value.length, 2);
  value.copy(written, ATTRIBUTE_HEADER_BYTES);
  return written;
}

function padded(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

/** RFC 8489, section 14.2. */
function xorAddress({ host, port }: Address, transactionId: Buffer): Buffer {
  const cookie = Buffer.alloc(4);
  cookie.writeUInt32BE(MAGIC_COOKIE);
  const mask = Buffer.concat([cookie, transactionId]);
  const bytes = isIPv4(host) ? Buffer.from(host.split(".").map(Number)) : ipv6Bytes(host);
  const value = Buffer.alloc(4 + bytes.length);
  value[1] = isIPv4(host) ? 1 : 2;
  value.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 2);
  bytes.forEach((byte, index) => {
    value[4 + index] = byte ^ (mask[index] as number);
  });
  return value;
}

/** @param host in the format of `node:net`, possibly with a zone. */
function ipv6Bytes(host: string): Buffer {
  const [address = ""] = host.split("%");
  const [before = "", after] = address.split("::");
  const head = ipv6Groups(before);
  const tail = after === undefined ? [] : ipv6Groups(after);
  const groups = [...head, ...Array(8 - head.length - tail.length).fill(0), ...tail];
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function ipv6Groups(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}
