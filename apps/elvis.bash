# SPDX-License-Identifier: MIT
# Completion of `elvis` in bash. It asks the program itself (--help), so it knows every command, option and
# value of the one that is installed.

_elvis() {
  local program=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  local command= i help
  for ((i = 1; i < COMP_CWORD; ++i)); do
    [[ ${COMP_WORDS[i]} != -* ]] && command=${COMP_WORDS[i]} && break
  done
  COMPREPLY=()
  if [[ -z $command ]]; then
    help=$("$program" --help 2>/dev/null)
    local commands=$(sed -n '/^Subcommands:/,/^$/s/^  \([a-z]\+\) .*/\1/p' <<<"$help")
    COMPREPLY=($(compgen -W "$commands --help --version" -- "$word"))
    return
  fi
  help=$("$program" "$command" --help 2>/dev/null)
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$(grep -oE -- '^  -[^ ]+' <<<"$help" | tr , '\n')" -- "$word"))
    return
  fi
  # What may follow: words with bars between, or a name of a file.
  local values=
  if [[ $before == -* ]]; then
    values=$(sed -nE "s/^  (-[a-zA-Z],)?$before ([a-z]+(\|[a-z]+)*) .*/\2/p" <<<"$help")
  elif [[ $command == list ]]; then
    values=$(sed -nE 's/^  WHAT REQUIRED +(.*)/\1/p' <<<"$help" | sed -E 's/,| or /|/g')
  fi
  if [[ -n $values ]]; then
    COMPREPLY=($(compgen -W "${values//|/ }" -- "$word"))
  else
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -F _elvis elvis
