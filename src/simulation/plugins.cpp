// SPDX-License-Identifier: MIT
#include "elvis/simulation/plugins.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <fmt/format.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string_view>

#include "elvis/ndl/diagnostics.hpp"
#include "elvis/plugin.hpp"

namespace elvis {

namespace {

using ndl::printable;
using ndl::quoted;

std::string demangled(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text{
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), std::free};
  return text != nullptr ? std::string{text.get()} : symbol;
}

// Why the system's loader must not see the file: it would wait for a pipe, and a file that is cut
// off would end this program.
std::string why_not_loadable(const std::string& file) {
  struct stat about{};
  if (::stat(file.c_str(), &about) != 0)
    return {};  // one that the loader looks for, or says why not
  if (S_ISDIR(about.st_mode)) return "is a directory";
  if (!S_ISREG(about.st_mode)) return "is not a shared library";
  std::ifstream content{file, std::ios::binary};
  const auto read = [&](std::uint64_t at, auto& part) {
    content.seekg(static_cast<std::streamoff>(at));
    return static_cast<bool>(content.read(reinterpret_cast<char*>(&part), sizeof part));
  };
  ElfW(Ehdr) header{};
  if (!content || !read(0, header) || header.e_phentsize != sizeof(ElfW(Phdr))) return {};
  const auto size = static_cast<std::uint64_t>(about.st_size);
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment{};
    const bool is_there = read(header.e_phoff + i * sizeof segment, segment);
    if (!is_there || segment.p_offset > size || segment.p_filesz > size - segment.p_offset) {
      return "is not a whole file: its end is missing";
    }
  }
  return {};
}

// What the system's loader says, in our words where they are clearer. It begins with the file's
// name.
std::string why_not_loaded(const std::string& file) {
  const char* const error = ::dlerror();
  std::string text = error != nullptr ? error : "cannot be loaded";
  constexpr std::string_view undefined = "undefined symbol: ";
  if (const std::size_t at = text.find(undefined); at != std::string::npos) {
    std::string symbol = text.substr(at + undefined.size());
    symbol.resize(symbol.find_first_of(" ,\n") == std::string::npos ? symbol.size()
                                                                    : symbol.find_first_of(" ,\n"));
    return fmt::format(
        "needs {}, which is neither in it nor in Elvis {}: one of its sources or libraries is "
        "missing, or it was built for another version",
        quoted(demangled(symbol)), version);
  }
  for (const std::string_view no_library : {"invalid ELF header", "file too short", "wrong ELF"}) {
    if (text.find(no_library) != std::string::npos) return "is not a shared library";
  }
  if (text.find("cannot dynamically load") != std::string::npos) {
    return "is a program, not a shared library";
  }
  constexpr std::string_view cannot_open = "cannot open shared object file: ";
  if (text.starts_with(file + ": ")) {
    text.erase(0, file.size() + 2);
  } else if (const std::size_t at = text.find(": "); text.substr(at + 2).starts_with(cannot_open)) {
    return fmt::format("needs the library {}, which cannot be opened: {}",
                       quoted(text.substr(0, at)),
                       printable(text.substr(at + 2 + cannot_open.size())));
  }
  if (text.starts_with(cannot_open)) {
    text.replace(0, cannot_open.size(), "cannot be opened: ");
  }
  return printable(text);
}

// Why the program cannot use what was built like this, or nothing.
std::string difference_of(const PluginStamp& theirs) {
  constexpr PluginStamp ours = PluginStamp::here();
  if (std::memcmp(theirs.magic, ours.magic, sizeof ours.magic) != 0) {
    return fmt::format("is a plug-in of another kind than those of Elvis {}: build it again",
                       version);
  }
  if (theirs.version != version) {
    return fmt::format("was built for Elvis {}, and this is {}: build it again",
                       printable(theirs.version), version);
  }
  if (theirs.headers != ours.headers) {
    return fmt::format("was built with other headers of Elvis {} than this program: build it again",
                       version);
  }
  if (theirs.layout != ours.layout) {
    return fmt::format(
        "was built with a compiler or options that lay data out differently ({}; this program: {})",
        printable(theirs.compiler), ours.compiler);
  }
  return {};
}

std::string file_of(const std::string& path) {
  const bool is_here = path.find('/') == std::string::npos && ::access(path.c_str(), F_OK) == 0;
  return is_here ? "./" + path : path;
}

std::string load(const std::string& path, ExtendedCatalog& catalog) {
  if (path.empty()) return "needs the name of a file";
  const std::string file = file_of(path);
  if (std::string why = why_not_loadable(file); !why.empty()) return why;
  void* const library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return why_not_loaded(file);
  using Entry = const Plugin* (*)();
  const auto entry = reinterpret_cast<Entry>(::dlsym(library, "elvis_plugin"));
  if (entry == nullptr) return "is not a plug-in of Elvis: it has no function `elvis_plugin`";
  const Plugin* brought = nullptr;
  try {
    brought = entry();
  } catch (const std::exception& error) {
    return fmt::format("could not say what it brings, it threw: {}", printable(error.what()));
  } catch (...) {
    return "could not say what it brings, it threw something that is no std::exception";
  }
  if (brought == nullptr) return "brings nothing: its `elvis_plugin` returned null";
  const Plugin& plugin = *brought;
  std::string difference = difference_of(plugin.stamp);
  if (!difference.empty()) return difference;
  return catalog.add(path, plugin.protocols, plugin.applications);
}

}  // namespace

std::string load_plugin(const std::string& path, ExtendedCatalog& catalog) {
  const std::string wrong = load(path, catalog);
  return wrong.empty() ? wrong : fmt::format("{} {}", quoted(path), wrong);
}

}  // namespace elvis
