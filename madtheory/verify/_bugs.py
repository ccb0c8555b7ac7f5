BUGS=()
