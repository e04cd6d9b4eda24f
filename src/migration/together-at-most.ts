/** Of what is asked for each of many indices, so much is under way at once: the clusters are asked with few requests for all of it. */
export const togetherAtMost = 100
