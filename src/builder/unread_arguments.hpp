// SPDX-License-Identifier: MIT
// Warns of arguments that nobody reads.
#pragma once

#include "elvis/builder/catalog.hpp"
#include "elvis/ndl/description.hpp"
#include "elvis/ndl/diagnostics.hpp"

namespace elvis {

/// Warns of every argument that is still unread, and says which known one may have been meant.
void warn_of_unread(const ndl::Description& description, const Catalog& catalog,
                    ndl::Diagnostics& diagnostics);

}  // namespace elvis
