// SPDX-License-Identifier: MIT
// PageSupply: huge pages that are cleared before they are asked for.
#pragma once

namespace elvis {

/// While one lives, what asks for single huge pages is given such as a thread of its own has had
/// the system clear beforehand, where there are any. A world that grows to gigabytes would else
/// wait for each page: clearing 2 MB takes a tenth of a millisecond, and many times that where a
/// virtual machine gets its memory from a host only then. The thread starts when some pages have
/// been asked for, and stays few pages ahead, so that small worlds have no thread and large ones no
/// waste.
///
/// Several may live at a time; then they share the thread. It never starts where there is one
/// processor only.
class PageSupply {
 public:
  PageSupply();
  ~PageSupply();
  PageSupply(const PageSupply&) = delete;
  PageSupply& operator=(const PageSupply&) = delete;

  /// A cleared page, or null if none is ready.
  static void* take() noexcept;
};

}  // namespace elvis
