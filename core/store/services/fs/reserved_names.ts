import { randomBytes } from "node:crypto";

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

/** A new name for a file that is being written, next to the one it will become. */
export function temporaryName(): string {
  return `.jcs-${randomBytes(10).toString("hex")}.tmp`;
}

/** Whether a name is one of {@link temporaryName}. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name);
}

/** Whether a temporary file that was changed then is left over by a crash. Where nobody knows when, it is not. */
export function isLeftover(modifiedAt: Date | undefined): boolean {
  return modifiedAt !== undefined && Date.now() - modifiedAt.getTime() > LEFTOVER_AGE_MS;
}

/** The first name of a normalised path that belongs to jcs itself. */
export function reservedNameIn(path: string): string | undefined {
  if (path === MARK_NAME) return MARK_NAME;
  return path.split("/").find(isTemporaryName);
}
