/* What the robot sees: 42 numbers, the same in demonstrations and in the environment.
 *
 * With u = 2p/cells − 1 of a place p, in [−1, 1]²:
 *    0 … 17  of the position: u; then sin(π·2ᵏ·u), cos(π·2ᵏ·u) for k = 0 … 3
 *   18 … 35  of the goal: the same
 *   36, 37   tanh(2·(goal − position))
 *   38, 39   (goal − position)/2
 *   40, 41   (position − position before)/0.1: 1 at nominal speed, 0 at the start
 * each as a pair x, y.
 */
#ifndef AMBIT_MAZE_OBSERVATION_H
#define AMBIT_MAZE_OBSERVATION_H

enum { MAZE_OBSERVATION_SIZE = 42 };

/* At the start, `before` is the position itself. */
void maze_observe(int cells, const float position[2], const float before[2], const float goal[2],
                  float observation[MAZE_OBSERVATION_SIZE]);

#endif
