// SPDX-License-Identifier: MIT
// The curve of CUBIC (RFC 9438, 4.2), as functions of its own. Windows are segments, times seconds.
#pragma once

namespace elvis::cubic {

inline constexpr double c = 0.4;
inline constexpr double beta = 0.7;

/// The cube root of a number that is not negative; the same bits on every machine.
double cube_root(double x);
/// K: how long the window takes to grow from `window` back to `most`.
double time_to(double most, double window);
/// W_cubic(t) = C (t - K)^3 + W_max.
double window_at(double t, double k, double most);

}  // namespace elvis::cubic
