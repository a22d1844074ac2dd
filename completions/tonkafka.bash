_tonkafka() {
    local IFS=$'\n' current="${2-${COMP_WORDS[COMP_CWORD]}}"
    COMPREPLY=($(TONKAFKA_COMPLETE=bash tonkafka -- "${COMP_WORDS[@]:0:COMP_CWORD}" "$current" 2>/dev/null))
    case "${COMPREPLY-}" in
        *[=/:]) compopt -o nospace 2>/dev/null ;;
    esac
}
complete -F _tonkafka tonkafka
