/** Writes one document an image: node scripts/lib/sbom.ts <folder> */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Bom, cycloneDx } from "./cycloneDx.ts";
import { debianPackages } from "./debianPackages.ts";
import { dpkgStatus, IMAGES, referenceOf, say } from "./images.ts";

const [folder = "sbom"] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
for (const { name, workspace, runsNode } of IMAGES) {
  const reference = referenceOf(name);
  const imageId = (await say("docker", "image", "inspect", "--format", "{{.Id}}", reference)).trim();
  const debian = debianPackages(await dpkgStatus(reference));
  const document = cycloneDx(
    {
      ...{ name, imageId, debian },
      ...(workspace !== undefined && { npm: await npmPackages(workspace) }),
      ...(runsNode && { node: await nodeVersion(reference) }),
    },
    new Date(),
  );
  const file = join(folder, `${name}.cdx.json`);
  await writeFile(file, `${JSON.stringify(document, null, 2)}\n`);
  process.stdout.write(`${file}: ${document.components?.length} components, ${debian.length} of them Debian's\n`);
}

/** By the lock file, which is what the image installed. */
async function npmPackages(workspace: string): Promise<Bom> {
  const options = ["--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only", "--workspace", workspace];
  return JSON.parse(await say("npm", "sbom", ...options)) as Bom;
}

async function nodeVersion(reference: string): Promise<string> {
  const command = ["run", "--rm", "--network", "none", "--entrypoint", "node", reference, "--version"];
  return (await say("docker", ...command)).trim().replace(/^v/, "");
}
