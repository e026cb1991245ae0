#include "cli/completion/completion_script.h"

namespace orch::cli {

// Bash splits the line at = and :, but orchctl needs it as it was typed; and a candidate must begin where bash's own
// last word begins.
std::string BashCompletion() {
  return R"(# bash completion for orchctl; load it with: source <(orchctl completion bash)
_orchctl() {
  local -a line=() offered=()
  local word joined="" current stem candidate i
  COMPREPLY=()
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word="${COMP_WORDS[i]}"
    if [[ $i -gt 1 && ( -n $joined || $word =~ ^[=:]+$ ) ]]; then
      line[${#line[@]}-1]+="$word"
    else
      line+=("$word")
    fi
    joined=""
    [[ $word =~ ^[=:]+$ ]] && joined=yes
  done
  current="${line[${#line[@]}-1]}"
  stem="${current%"${current##*[=:]}"}"
  mapfile -t offered < <(orchctl completion --complete -- "${line[@]}" 2>/dev/null)
  if [ "${offered[0]}" = :files ]; then
    mapfile -t COMPREPLY < <(compgen -f -- "${current#"$stem"}")
    compopt -o filenames 2>/dev/null
    unset 'offered[0]'
  fi
  for candidate in "${offered[@]}"; do
    candidate="${candidate%%$'\t'*}"
    COMPREPLY+=("${candidate#"$stem"}")
  done
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -F _orchctl orchctl)";
}

std::string ZshCompletion() {
  return R"(#compdef orchctl
# zsh completion for orchctl; save it as _orchctl in a folder of $fpath
_orchctl() {
  local -a offered whole open
  local entry name
  offered=("${(@f)$(orchctl completion --complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "${offered[1]}" == ':files' ]]; then
    _files
    shift offered
  fi
  for entry in "${offered[@]}"; do
    name="${entry%%$'\t'*}"
    [[ -z "$name" ]] && continue
    entry="${name//:/\\:}:${entry#*$'\t'}"
    if [[ "$name" == *= ]]; then open+=("$entry"); else whole+=("$entry"); fi
  done
  (( ${#whole} )) && _describe orchctl whole
  (( ${#open} )) && _describe orchctl open -S ''
}
if [[ "$funcstack[1]" == _orchctl ]]; then _orchctl "$@"; else compdef _orchctl orchctl; fi)";
}

// Fish shows the text after a tab, and adds no blank after a word that ends in =.
std::string FishCompletion() {
  return R"(# fish completion for orchctl; save it as ~/.config/fish/completions/orchctl.fish
function __orchctl_complete
  set -l line (commandline -opc)
  set -e line[1]
  set -l current (commandline -ct)
  for entry in (orchctl completion --complete -- $line "$current" 2>/dev/null)
    if test "$entry" = :files
      __fish_complete_path "$current"
    else
      echo $entry
    end
  end
end
complete -c orchctl -f -a '(__orchctl_complete)')";
}

}  // namespace orch::cli
