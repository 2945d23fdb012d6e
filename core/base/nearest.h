/* "Did you mean …?": the candidate that a misspelt word most likely stands for.
 *
 * Nothing here fails or allocates.
 */
#ifndef AMBIT_CORE_BASE_NEAREST_H
#define AMBIT_CORE_BASE_NEAREST_H

/* Words longer than this are never near anything. */
enum { AMBIT_NEAREST_LONGEST = 127 };

/* The number of edits (a letter inserted, left out, replaced, or two neighbours swapped) that turn
 * one word into the other, upper and lower case alike: the optimal string alignment distance. More
 * than AMBIT_NEAREST_LONGEST when either word is longer than that. */
int ambit_edit_distance(const char *one, const char *other);

/* The index of the candidate nearest to `word`, the first of equals, or −1 when none is near enough
 * to be worth suggesting: at most one edit in every three letters of the word, or one in a word of
 * two. A candidate that is NULL is passed over. */
int ambit_nearest(const char *word, const char *const *candidates, int count);

#endif
