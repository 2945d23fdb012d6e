/* Standardisation: making one data set's action and state mean what they mean in all others.
 *
 *     action   7: Δx Δy Δz Δroll Δpitch Δyaw gripper, the gripper absolute, 1 open, 0 closed
 *     proprio  8: x y z roll pitch yaw 0 gripper
 *
 * Bridge (BridgeData V2 as published by its authors, data set bridge_dataset or bridge_orig), in
 * the order in which the published transforms do it (openvla, prismatic/vla/datasets/rlds/oxe/
 * transforms.py, bridge_orig_dataset_transform):
 *
 * 1. Drop step 0 of everything: its action is always about zero.
 * 2. Make the gripper binary over the remaining steps, from the last to the first: above 0.95 is 1,
 *    below 0.05 is 0, what lies between takes the value decided after it. Where the episode ends
 *    in between nothing was decided: those steps keep the last step's value as it is.
 * 3. Relabel: the action's first six elements become state[t + 1] - state[t], what the robot did
 *    rather than what it was told. The last step has no next state and is dropped.
 *
 * So T steps become T - 2, and step t of the result is step t + 1 of the record. The gripper of the
 * step dropped in 3 still takes part in 2. Fewer than 3 steps leave none. Angles are subtracted as
 * they are, without unwrapping, as published.
 */
#ifndef OPENX_STANDARD_H
#define OPENX_STANDARD_H

#include "features.h"

enum { OPENX_ACTION_SIZE = 7, OPENX_PROPRIO_SIZE = 8 };

/* One rule. */
typedef struct {
    const char *name;         /* as the option standardise names it */
    const char *data_sets[4]; /* those that "auto" uses it for; ends with NULL */
    const char *action, *state;
    int64_t action_size, state_size; /* elements a step */
    int64_t first, last;             /* steps dropped at either end */
    double step_seconds;

    /* From all `steps` of a record (more than first + last) to what is kept of them. */
    void (*convert)(const float *action, const float *state, int64_t steps, float *action_out,
                    float *proprio_out);
} openx_standard;

/* Finds the rule that option `choice` ("none", "auto" or a name) means for `data_set`, and checks
 * that the features it reads are there with the right shape. *standard becomes NULL for none. */
int openx_standard_choose(const ambit_host *host, const char *choice, const char *data_set,
                          const openx_features *features, const openx_standard **standard);

#endif
