import { fileURLToPath } from "node:url";
import { PROJECT } from "../bundle/settings.ts";

/** All that a host of ours is on this machine; on the disk itself, because memory would be too small for it. */
export const WORK = `/var/tmp/${PROJECT}-host`;
/** Its whole disk: an ext4 file system in a file. */
export const DISK = `${WORK}/disk.img`;
/** Where that is mounted: inside only. */
export const MOUNT = `${WORK}/disk`;
/** Its engine's; sockets with a path are reached from every network namespace. */
export const SOCKET = `${WORK}/docker.sock`;
export const ENGINE_CONFIGURATION = `${WORK}/daemon.json`;
export const ENGINE_LOG = `${WORK}/dockerd.log`;
/** Control groups of its containers lie below this one, so that they can be told from this machine's own. */
export const CONTROL_GROUP = `/${PROJECT}-host`;

export const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
