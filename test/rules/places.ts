import type { PostPath } from '../../server/feed/tally.rules.js';

/** A post by its digits: 1234 is post 4 of team 3 of station 2 of school 1. Every unit above it is known by its prefix. */
export function post(postId: number): PostPath {
  return {
    postId,
    teamId: Math.floor(postId / 10),
    stationId: Math.floor(postId / 100),
    schoolId: Math.floor(postId / 1000),
  };
}

/** The keys of a post and of the units above it. */
export const unitsOf = (postId: number): number[] => Object.values(post(postId));
