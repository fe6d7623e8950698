import { randomUUID } from "node:crypto";

/** Ids are 39 characters: the Rust client rejects any other length or prefix. */
type Branded<Prefix extends string> = `${Prefix}-${string}` & { readonly __id: Prefix };

export type PeerToken = Branded<"pt">;
export type MediaConnectionId = Branded<"mc">;
export type VideoId = Branded<"vi">;
export type AudioId = Branded<"au">;
export type RtcpId = Branded<"rc">;
export type DataId = Branded<"da">;
export type DataConnectionId = Branded<"dc">;

const make =
  <Prefix extends string>(prefix: Prefix) =>
  () =>
    `${prefix}-${randomUUID()}` as Branded<Prefix>;

export const newPeerToken = make("pt");
export const newMediaConnectionId = make("mc");
export const newDataConnectionId = make("dc");
export const newVideoId = make("vi");
export const newAudioId = make("au");
export const newRtcpId = make("rc");
export const newDataId = make("da");

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

/** Whether a string has the format of an id with this prefix. */
export function hasIdForm(prefix: string, text: string): boolean {
  return new RegExp(`^${prefix}-${UUID}$`).test(text);
}
