import { fileURLToPath } from "node:url";
import { PROJECT } from "../bundle/settings.ts";

/** The files of a simulated host on this machine; on disk, because they are too large for memory. */
export const WORK = `/var/tmp/${PROJECT}-host`;
/** The host's disk: an ext4 file system in a file. */
export const DISK = `${WORK}/disk.img`;
/** Mount point of the disk, visible only inside the host. */
export const MOUNT = `${WORK}/disk`;
/** Socket of the host's engine; Unix sockets with a path are reachable from every network namespace. */
export const SOCKET = `${WORK}/docker.sock`;
export const ENGINE_CONFIGURATION = `${WORK}/daemon.json`;
export const ENGINE_LOG = `${WORK}/dockerd.log`;
/** Parent of its containers' control groups, so that they can be distinguished from this machine's own. */
export const CONTROL_GROUP = `/${PROJECT}-host`;

export const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
