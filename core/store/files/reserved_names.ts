import { createHash, randomBytes } from "node:crypto";

/** The file by which a prepared store knows that its disk is mounted. */
export const MARK_NAME = ".jcs-space";

/** What it says to people who find it. */
export const MARK_TEXT = `This directory is a space of jcs. By this file jcs knows that the disk is mounted: without it nothing is written here.
`;

/** How long a temporary file may lie unchanged before it counts as left over by a crash. */
export const LEFTOVER_AGE_MS = 24 * 60 * 60_000;

/** Leftovers that one list of a service removes at the most, where each costs a request. */
export const LEFTOVERS_MAX = 16;

const TEMPORARY = /^\.jcs-[0-9a-f]{20}\.tmp$/;
// In any letter case: to many services that is the same name.
const OWN = /^\.jcs-(?:[0-9a-f]{20}\.(?:tmp|new|old)|old\..+)$/is;
/** Of whole paths: for most of them that is all that is asked. */
const MAY_BE_OWN = /(?:^|\/)\.jcs-/i;
const ASIDE = ".jcs-old.";
/** Longest name that is kept readable in {@link asideName}, in UTF-8 bytes: the whole must be a name yet. */
const ASIDE_BYTES_MAX = 240;

/** A new name for a file that is being written, next to the one it will become. */
export function temporaryName(): string {
  return `.jcs-${randomBytes(10).toString("hex")}.tmp`;
}

/** Whether a name is one of {@link temporaryName}: what lies there is worth nothing when nobody works on it any more. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name);
}

/** A new name for content that is complete, while the object that it replaces may be gone already. Nothing removes it by its age. */
export function completeName(): string {
  return `.jcs-${randomBytes(10).toString("hex")}.new`;
}

/** Where the object called `name` waits while another takes its place, on services that cannot rename over a file. It is found by the name alone: who
 *  finds no object looks there. */
export function asideName(name: string): string {
  if (Buffer.byteLength(name) <= ASIDE_BYTES_MAX) return `${ASIDE}${name}`;
  return `.jcs-${createHash("sha256").update(name).digest("hex").slice(0, 20)}.old`;
}

/** Whose {@link asideName} it is, where that can be told. */
export function nameOfAside(name: string): string | undefined {
  return name.startsWith(ASIDE) ? name.slice(ASIDE.length) : undefined;
}

/** Whether a name belongs to jcs wherever it stands: of a file that is no object, or not yet. */
export function isOwnName(name: string): boolean {
  return OWN.test(name);
}

/** Whether a temporary file that was changed then is left over by a crash. Where nobody knows when, it is not. */
export function isLeftover(modifiedAt: Date | undefined): boolean {
  return modifiedAt !== undefined && Date.now() - modifiedAt.getTime() > LEFTOVER_AGE_MS;
}

/** The first name of a normalised path that belongs to jcs itself. */
export function reservedNameIn(path: string): string | undefined {
  if (path === MARK_NAME) return MARK_NAME;
  if (!MAY_BE_OWN.test(path)) return undefined;
  return path.split("/").find(isOwnName);
}
