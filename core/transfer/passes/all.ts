import type { Pass } from "../../../ioswitch/pass.ts";
import { dropUnconsumed } from "../../../ioswitch/passes/drop_unconsumed.ts";
import { endStreams } from "../../../ioswitch/passes/end_streams.ts";
import { mergeIdentical } from "../../../ioswitch/passes/merge_identical.ts";
import { rejectUnrunnable } from "../../../ioswitch/passes/reject_unrunnable.ts";
import { TRANSFER_TABLE } from "../ops/all.ts";
import type { World } from "../world.ts";
import { bypassPresentShards } from "./bypass_present_shards.ts";
import { dropWholeRanges } from "./drop_whole_ranges.ts";
import { keepWantedShards } from "./keep_wanted_shards.ts";
import { place } from "./place.ts";
import { sinkRangesIntoReads } from "./sink_ranges_into_reads.ts";
import { sinkRangesIntoRebuilds } from "./sink_ranges_into_rebuilds.ts";

/** The passes that make a lowered plan cheap and runnable, in the order that they depend on each other. */
export const PASSES: readonly Pass<World>[] = [
  dropUnconsumed(TRANSFER_TABLE), // first: every later pass walks fewer ops
  bypassPresentShards, // data at hand needs no decoding; what remains of a code is what was really lost
  keepWantedShards, // after the bypass: only then is it known which outputs of a code are read
  sinkRangesIntoRebuilds, // before reads: it is what tells them which range of the other shards is needed
  sinkRangesIntoReads, // the cost of a read is the bytes it reads
  dropWholeRanges, // after sinking: a read that gives just the range needs no cutting
  mergeIdentical(TRANSFER_TABLE), // after ranges: two reads of one range are one read
  place, // the only pass that sets `at`
  endStreams(TRANSFER_TABLE), // after all that add or remove consumers: exactly one for each stream
  rejectUnrunnable(TRANSFER_TABLE), // last: changes nothing
];
