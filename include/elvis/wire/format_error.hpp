// SPDX-License-Identifier: MIT
// Why bytes are not a header: the errors of the pure parsers.
#pragma once

namespace elvis {

/// What a parser found wrong. Graph code turns it into a Drop.
enum class FormatError {
  truncated,     ///< Fewer bytes than the format needs, or than its length field promises.
  bad_version,   ///< A version or hardware type that this format does not have.
  bad_length,    ///< A length field that contradicts itself or the format.
  bad_checksum,  ///< The checksum does not match.
};

}  // namespace elvis
