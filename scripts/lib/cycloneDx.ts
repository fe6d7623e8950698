import { randomUUID } from "node:crypto";
import type { DebianPackage } from "./debianPackages.ts";

const DISTRIBUTION = "debian-13";

export interface Component {
  type: string;
  "bom-ref": string;
  name: string;
  version?: string;
  purl?: string;
}

/** The parts of a CycloneDX document that are read here; other fields from npm are kept. */
export interface Bom {
  components?: Component[];
  dependencies?: { ref: string; dependsOn?: string[] }[];
}

export interface Contents {
  name: string;
  /** "sha256:…" */
  imageId: string;
  /** Output of `npm sbom --sbom-format cyclonedx` for the workspace. */
  npm?: Bom;
  debian: readonly DebianPackage[];
  /** Version of Node in the image, if it runs any. */
  node?: string;
}

/** The document of one image (CycloneDX 1.5, ECMA-424). */
export function cycloneDx({ name, imageId, npm, debian, node }: Contents, now: Date): Bom & Record<string, unknown> {
  const image: Component = {
    type: "container",
    "bom-ref": imageId,
    name: `skyway-call-recorder/${name}`,
    version: imageId,
  };
  const components = [
    ...(node === undefined ? [] : [nodeComponent(node)]),
    ...(npm?.components ?? []),
    ...debian.map(debianComponent),
  ];
  const known = new Set(components.map((component) => component["bom-ref"]));
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    serialNumber: `urn:uuid:${randomUUID()}`,
    version: 1,
    metadata: { timestamp: now.toISOString(), lifecycles: [{ phase: "post-build" }], component: image },
    components,
    dependencies: [
      { ref: imageId, dependsOn: [...known] },
      ...(npm?.dependencies ?? []).filter(({ ref }) => known.has(ref)),
    ],
  };
}

function nodeComponent(version: string): Component {
  return {
    type: "platform",
    "bom-ref": `pkg:generic/node@${version}`,
    name: "node",
    version,
    purl: `pkg:generic/node@${version}`,
  };
}

/** https://github.com/package-url/purl-spec/blob/main/types-doc/deb-definition.md */
function debianComponent({ name, version, architecture }: DebianPackage): Component {
  const versioned = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}`;
  const purl = `${versioned}?arch=${architecture}&distro=${DISTRIBUTION}`;
  return { type: "library", "bom-ref": purl, name, version, purl };
}
